import type { Command } from 'commander'
import { printable } from '../../../base/text/printable.ts'
import { loginRoutes } from '../../../protocol/api/identities/login-codes.ts'
import { examples, formatOption, localTime, type PlainFormat, structured } from '../../kit/output.ts'
import { print, withAdmin, withClient } from '../session/session.ts'

interface Flags {
  admin?: string
  person?: string
  output: PlainFormat
}

/** `controller console link`. */
export function registerConsole(program: Command): void {
  const console = program.command('console').description('the web console of the controller')
  withAdmin(console.command('link'))
    .description('print a link with which a browser signs in as you, once and within 5 minutes')
    .option('--person <name>', 'sign in as this local account; for administrators')
    .addOption(formatOption())
    .addHelpText('after', examples('controller console link', 'controller console link --person alice'))
    .action(link)
}

/** Standard output gets the link alone, for a pipe. */
async function link({ person, output, ...flags }: Flags): Promise<void> {
  const body = person === undefined ? {} : { person }
  const created = await withClient(flags, (client) => client.ask(loginRoutes.createLoginCode, { body }))
  if (output !== 'text') return print(await structured(output, created))
  const until = localTime(created.expiresAt)
  process.stderr.write(
    `Signs in as ${printable(created.name)}, once, until ${until}. Whoever opens it has these rights.\n`,
  )
  print(`${created.url}\n`)
}
