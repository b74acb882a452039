import type { Command } from 'commander'
import { type SessionView, sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import {
  age,
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
} from '../../kit/output.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'

const columns = (now: Date): Column<SessionView>[] => [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'CLIENT', of: ({ kind }) => (kind === 'cookie' ? 'browser' : 'command-line') },
  { title: 'FROM', of: ({ address }) => address },
  { title: 'LAST USE', of: ({ lastUsedAt }) => age(lastUsedAt, now) },
  { title: 'EXPIRES', of: ({ expiresAt }) => localTime(expiresAt) },
]

/** `controller session list|end`. */
export function registerSession(program: Command): void {
  const session = program.command('session').description('sessions of people who have signed in')
  withAdmin(session.command('list'))
    .description('list your sessions; as an administrator: those of everyone')
    .addOption(tableOption())
    .addHelpText('after', examples('controller session list', 'controller session list -o json'))
    .action((flags: { admin?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const all = await client.ask(sessionRoutes.listSessions, {})
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withAdmin(session.command('end'))
    .description('end a session; requests in work end within 5 seconds')
    .argument('<session>', 'id of the session')
    .addOption(formatOption())
    .addHelpText('after', examples('controller session end s-k3fw7pnrxq'))
    .action((id: string, flags: { admin?: string; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const ended = await client.ask(sessionRoutes.endSession, { params: { id } })
        await printAs(flags.output, ended, `Session ${id} of ${ended.name} has ended.\n`)
      }),
    )
}
