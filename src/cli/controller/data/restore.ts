import type { Command } from 'commander'
import type { RestoreReport } from '../../../controller/backup/restore.ts'
import { examples, fields, formatOption, type PlainFormat, structured } from '../../kit/output.ts'
import { refuseForeign } from '../serve.ts'
import { DEFAULT_DATA } from '../session/access.ts'
import { print } from '../session/session.ts'
import { countsText } from './backup.ts'
import { readPassphrase, withPassphrase } from './passphrase.ts'

interface Flags {
  data: string
  database?: string
  keepTokens?: boolean
  passphraseFile?: string
  output: PlainFormat
}

const auditText = ({ head, fault }: RestoreReport['audit']) =>
  fault === null ? (head ? `intact, head ${head.number}:${head.hash}` : 'empty') : `NOT INTACT: ${fault}`

/** `controller restore FILE`. */
export function registerRestore(program: Command): void {
  const restore = program
    .command('restore')
    .description('restore a backup of a controller into an empty data directory')
    .argument('<file>', 'file that controller backup wrote')
    .option('--data <directory>', 'data directory; empty, or it does not exist', DEFAULT_DATA)
    .option('--database <url>', 'empty PostgreSQL database for the records, instead of a file in the data directory')
    .option(
      '--keep-tokens',
      'keep API tokens valid, also those that were revoked since the backup (default: revoke all)',
    )
  withPassphrase(restore)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller restore /backup/factory.backup --passphrase-file /root/backup-passphrase',
        "controller restore factory.backup --data ./data --database 'postgres://cantrip@db.example/cantrip' --passphrase-file -",
      ),
    )
    .action(async (file: string, flags: Flags) => {
      await refuseForeign(flags.data)
      const passphrase = await readPassphrase(flags.passphraseFile)
      const { restore: restoreBackup } = await import('../../../controller/backup/restore.ts')
      const database = flags.database === undefined ? undefined : { url: flags.database, env: process.env }
      const keepsTokens = flags.keepTokens === true
      const order = { file, passphrase, dataDirectory: flags.data, database, now: new Date(), keepsTokens }
      const report = await restoreBackup(order)
      const text = fields([
        ['Restored', `${file}, of ${report.createdAt}, to ${flags.data}`],
        ['Records', countsText(report.counts)],
        ['Files', String(report.files)],
        ['Audit log', auditText(report.audit)],
        ['Sign-ins', `all sessions end at the next start${keepsTokens ? '' : ', and all API tokens are revoked'}`],
        ['Administrators', 'all certificates are revoked at the next start, which writes another admin.json'],
        ['Installers', 'credentials that were revoked since the backup are valid again: controller creds list'],
        ['Missing', report.bundlesLeftOut.map(({ name }) => `bundle ${name}: import it again`).join(', ') || 'nothing'],
      ])
      print(flags.output === 'text' ? text : await structured(flags.output, { file, data: flags.data, ...report }))
    })
}
