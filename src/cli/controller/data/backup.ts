import { join } from 'node:path'
import type { Command } from 'commander'
import { version } from '../../../base/version.ts'
import { recordRoutes } from '../../../protocol/api/events.ts'
import { examples, fields, formatOption, type PlainFormat, structured } from '../../kit/output.ts'
import { DEFAULT_DATA } from '../session/access.ts'
import { print, withClient } from '../session/session.ts'
import { readPassphrase, withPassphrase } from './passphrase.ts'

interface Flags {
  data: string
  admin?: string
  bundles?: boolean
  passphraseFile?: string
  output: PlainFormat
}

/** `controller backup FILE`: on the machine of a running controller. */
export function registerBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('write an encrypted backup of a running controller: its keys, settings and records')
    .argument('<file>', 'file to write; it must not exist')
    .option('--data <directory>', 'data directory of the controller, on this machine', DEFAULT_DATA)
    .option('--bundles', 'also the imported bundles, which can be imported again otherwise')
  withPassphrase(backup)
    .option('--admin <file>', 'administrator access file (default: admin.json in the data directory)')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller backup /backup/factory.backup --passphrase-file /root/backup-passphrase',
        'controller backup factory.backup --data ./data --bundles --passphrase-file backup-passphrase',
      ),
    )
    .action(async (file: string, flags: Flags) => {
      const passphrase = await readPassphrase(flags.passphraseFile)
      const { backUp } = await import('../../../controller/backup/back-up.ts')
      const report = await withClient({ admin: flags.admin ?? join(flags.data, 'admin.json') }, (client) =>
        backUp({
          ...{ file, passphrase, dataDirectory: flags.data, withBundles: flags.bundles === true },
          records: () => client.lines(recordRoutes.exportRecords),
          ...{ now: new Date(), version: version.version },
        }),
      )
      const { bundlesLeftOut, files, bytes, sha256 } = report
      const text = fields([
        ['Backup', file],
        ['Records', countsText(report.counts)],
        ['Files', String(files)],
        ['Left out', bundlesLeftOut.map(({ name }) => `bundle ${name}`).join(', ') || 'nothing'],
        ['Bytes', String(bytes)],
        ['SHA256', sha256],
      ])
      print(flags.output === 'text' ? text : await structured(flags.output, { file, ...report }))
    })
}

export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([table, count]) => `${count} ${table}`)
    .join(', ')
}
