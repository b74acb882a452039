import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { examples, fields, formatOption, type PlainFormat, structured } from '../../kit/output.ts'
import { changeData } from '../service/data-owner.ts'
import { DEFAULT_DATA } from '../session/access.ts'
import { print } from '../session/session.ts'
import { countsText } from './backup.ts'

interface Flags {
  data: string
  to?: string
  from?: string
  output: PlainFormat
}

/** `controller database migrate`. */
export function registerDatabase(program: Command): void {
  const database = program.command('database').description("move a controller's records to another database")
  database
    .command('migrate')
    .description('copy all records between the data directory and PostgreSQL, while the controller is stopped')
    .option('--data <directory>', 'data directory of the controller', DEFAULT_DATA)
    .option('--to <url>', 'empty PostgreSQL database to copy to')
    .option('--from <url>', 'PostgreSQL database to copy from, into the data directory')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        "controller database migrate --to 'postgres://cantrip@db.example/cantrip?sslmode=verify-full&sslrootcert=system'",
        "controller database migrate --data ./data --from 'postgres://cantrip@db.example/cantrip'",
      ),
    )
    .action(migrate)
}

async function migrate({ data, to, from, output }: Flags): Promise<void> {
  const url = to ?? from
  if (url === undefined || (to !== undefined && from !== undefined)) {
    throw new AgentError('usage/migrate', 'found both or none of --to and --from; wanted one of them', {
      fix: 'pass --to URL, or --from URL to go back to a file in the data directory',
      kind: 'invalid',
    })
  }
  const { moveFromDatabase, moveToDatabase } = await import('../../../controller/store/move.ts')
  const move = to === undefined ? moveFromDatabase : moveToDatabase
  const { kept, ...summary } = await changeData(data, {
    ...{
      action: 'migrateDatabase',
      reason: `controller database migrate --${to === undefined ? 'from' : 'to'} a database`,
    },
    work: () => move({ dataDirectory: data, database: { url, env: process.env } }),
    changes: () => [],
  })
  const text = fields([
    ['Copied', countsText(summary.counts)],
    ['Compared', `all records are the same, SHA-256 ${summary.sha256}`],
    ['Kept', `${kept}, as it was`],
    ['Next', to === undefined ? 'start the controller without --database' : 'start the controller with --database URL'],
  ])
  print(output === 'text' ? text : await structured(output, { ...summary, kept }))
}
