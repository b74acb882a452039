import type { Command } from 'commander'
import { sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import { examples, fields, formatOption, localTime, type PlainFormat, structured } from '../../kit/output.ts'
import { rolesText } from '../people/roles.ts'
import { readAccess } from '../session/access.ts'
import { print, withAdmin, withClient } from '../session/session.ts'

/** `controller whoami`. */
export function registerWhoami(program: Command): void {
  withAdmin(program.command('whoami'))
    .description('show at which controller you are signed in, as whom, and with which roles')
    .addOption(formatOption())
    .addHelpText('after', examples('controller whoami', 'controller whoami -o json'))
    .action(async (flags: { admin?: string; output: PlainFormat }) => {
      const { url } = await readAccess(flags.admin)
      const { csrf: _, ...me } = await withClient(flags, (client) => client.ask(sessionRoutes.showSession, {}))
      const shown = { url, ...me }
      if (flags.output !== 'text') return print(await structured(flags.output, shown))
      const lines: [string, string][] = [
        ['Controller', url],
        ['Name', me.kind === 'account' ? me.name : `${me.kind} ${me.name}`],
        ['Roles', rolesText(me.grants)],
      ]
      if (me.session) lines.push(['Until', localTime(me.session.expiresAt)])
      print(fields(lines))
    })
}
