import { type Command, InvalidArgumentError } from 'commander'
import type { AuditHead } from '../../../protocol/audit/entry.ts'
import { examples, fields, formatOption, type PlainFormat, structured } from '../../kit/output.ts'
import { countUpTo, MAX_LINES } from '../identities/arguments.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { LIST_FORMATS, type ListFormat } from './list.ts'
import type { AuditQuery } from './pages.ts'
import { headOf, type Verified } from './verify.ts'

interface ListFlags {
  admin?: string
  follow?: boolean
  lines?: number
  who?: string
  cluster?: string
  node?: string
  since?: string
  refused?: boolean
  verify?: boolean
  output: ListFormat
}

interface VerifyFlags {
  admin?: string
  head?: AuditHead
  file?: string
  output: PlainFormat
}

/** `controller audit list|verify|export`. */
export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('who changed what, and what was refused')
  withAdmin(audit.command('list'))
    .description('print the entries of the audit log')
    .option('-f, --follow', 'follow new entries')
    .option('-n, --lines <count>', 'print the last entries only', countUpTo(MAX_LINES))
    .option('--who <name>', 'only of this person, token, node or controller')
    .option('--cluster <cluster>', 'only of this cluster, also if it was deleted')
    .option('--node <node>', 'only of this node: its name or id')
    .option('--since <time>', 'only from this time: ISO 8601, or 30m, 12h, 7d ago', sinceOf)
    .option('--refused', 'only what was refused, or failed')
    .option('--verify', 'verify the whole log first')
    .addOption(formatOption(LIST_FORMATS))
    .addHelpText(
      'after',
      examples(
        'controller audit list --since 7d --cluster factory',
        'controller audit list --refused -n 50',
        'controller audit list -f -o jsonl',
      ),
    )
    .action((flags: ListFlags) =>
      withClient(flags, async (client) => {
        const [{ printAudit }, { verifyLog }] = await Promise.all([import('./list.ts'), import('./verify.ts')])
        if (flags.verify) await verifyLog(client, [])
        await printAudit(client, queryOf(flags), flags)
      }),
    )
  withAdmin(audit.command('verify'))
    .description('verify that no entry was changed, removed or inserted; exit code 3 if one was')
    .option('--head <number:hash>', 'a head that was noted before, which must be in the log', headOf)
    .option('--file <file>', 'verify an export instead of the log of the controller; - for standard input')
    .addOption(formatOption())
    .addHelpText('after', examples('controller audit verify', 'controller audit verify --file audit.jsonl'))
    .action(verify)
  withAdmin(audit.command('export'))
    .description('write all entries to a file, one JSON object a line; the file is replaced')
    .argument('<file>', 'file, or - for standard output')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller audit export audit.jsonl', 'controller audit export - | gzip > audit.gz'),
    )
    .action((file: string, flags: { admin?: string; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const { exportLog } = await import('./export.ts')
        const entries = await exportLog(client, file)
        if (file !== '-') await printAs(flags.output, { file, entries }, `Written: ${file}, ${entries} entries.\n`)
      }),
    )
}

async function verify({ head, file, output, admin }: VerifyFlags): Promise<void> {
  const { verifyFile, verifyLog } = await import('./verify.ts')
  const noted = head ? [head] : []
  const found =
    file === undefined
      ? await withClient(admin === undefined ? {} : { admin }, (client) => verifyLog(client, noted))
      : await verifyFile(file, noted)
  print(output === 'text' ? textOf(found) : await structured(output, found))
}

function textOf({ entries, first, head }: Verified): string {
  return fields([
    ['Audit log', 'as it was written'],
    ['Entries', head ? `${entries}, numbers ${first} to ${head.number}` : 'none'],
    ['Head', head ? `${head.number}:${head.hash}` : '-'],
  ])
}

function queryOf({ who, cluster, node, since, refused }: ListFlags): AuditQuery {
  return {
    ...(who !== undefined && { who }),
    ...(cluster !== undefined && { cluster }),
    ...(node !== undefined && { node }),
    ...(since !== undefined && { since }),
    ...(refused && { refused: '1' }),
  }
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** ISO 8601, UTC. */
function sinceOf(text: string): string {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const ago = Number(count) * UNITS_MS[(unit ?? 'm') as keyof typeof UNITS_MS]
  const time = unit === undefined ? Date.parse(text) : Date.now() - ago
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time like 2026-01-31T14:00:00Z, or 30m, 12h, 7d.')
  return new Date(time).toISOString()
}
