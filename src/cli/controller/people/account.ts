import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import type { Grant } from '../../../protocol/api/access.ts'
import { type AccountView, accountRoutes, SHORTEST_PASSWORD } from '../../../protocol/api/people/accounts.ts'
import { sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import { confirm } from '../../kit/confirm.ts'
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
import { labelOf } from '../identities/arguments.ts'
import { readPassword } from '../login/password.ts'
import { savedLogin, saveLogin } from '../login/saved-logins.ts'
import { readAccess } from '../session/access.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { rolesText, withRoles } from './roles.ts'

interface Flags {
  admin?: string
  output: PlainFormat
}
interface PasswordFlags extends Flags {
  passwordFile?: string
}

const columns = (now: Date): Column<AccountView>[] => [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'ROLES', of: ({ grants }) => rolesText(grants) },
  { title: 'LAST SIGN-IN', of: ({ lastUsedAt }) => age(lastUsedAt, now) },
  { title: 'CREATED', of: ({ createdAt }) => localTime(createdAt), wide: true },
  { title: 'CREATED BY', of: ({ createdBy }) => createdBy, wide: true },
]

/** `controller account …`. */
export function registerAccount(program: Command): void {
  const account = program.command('account').description('local accounts, with which people sign in by a password')
  const named = (verb: string) =>
    withAdmin(account.command(verb)).argument('<account>', 'name of the account', labelOf).addOption(formatOption())
  const create = withAdmin(account.command('create')).argument(
    '<name>',
    'lower-case letters, digits and dashes',
    labelOf,
  )
  withPasswordFile(withRoles(create.addOption(formatOption())))
    .description('create an account')
    .addHelpText(
      'after',
      examples('controller account create alice --role admin', 'controller account create bob --role operator@berlin'),
    )
    .action(async (name: string, flags: PasswordFlags & { role: Grant[] }) => {
      const password = await newPassword(flags, name)
      const created = await withClient(flags, (client) =>
        client.ask(accountRoutes.createAccount, { body: { name, password, grants: flags.role } }),
      )
      await printAs(flags.output, created, `Account ${name} created: ${rolesText(flags.role)}.\n`)
    })
  withAdmin(account.command('list'))
    .description('list the accounts')
    .addOption(tableOption())
    .addHelpText('after', examples('controller account list', 'controller account list -o json'))
    .action((flags: { admin?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const all = await client.ask(accountRoutes.listAccounts, {})
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withPasswordFile(named('set-password'))
    .description('set another password, and end the sessions of the account')
    .addHelpText('after', examples('controller account set-password alice'))
    .action(async (name: string, flags: PasswordFlags) => {
      const password = await newPassword(flags, name)
      const changed = await change(name, flags, { password })
      await printAs(flags.output, changed, `Account ${name} has a new password, and no sessions.\n`)
    })
  withPasswordFile(withAdmin(account.command('password')))
    .description('change your own password; your session gets another secret, and your other sessions end')
    .option('--present-password-file <file>', 'file with the present password, likewise')
    .addOption(formatOption())
    .addHelpText('after', examples('controller account password'))
    .action(changeOwn)
  withRoles(named('set-role'))
    .description('replace the roles of an account; its sessions and tokens have them at once')
    .addHelpText('after', examples('controller account set-role bob --role viewer --role operator@berlin'))
    .action(async (name: string, flags: Flags & { role: Grant[] }) => {
      const changed = await change(name, flags, { grants: flags.role })
      await printAs(flags.output, changed, `Account ${name}: ${rolesText(flags.role)}.\n`)
    })
  named('disable')
    .description('end the sessions and tokens of an account, until it is enabled')
    .addHelpText('after', examples('controller account disable bob'))
    .action(async (name: string, flags: Flags) => {
      const changed = await change(name, flags, { disabled: true })
      await printAs(flags.output, changed, `Account ${name} is disabled.\n`)
    })
  named('enable')
    .description('enable an account again')
    .addHelpText('after', examples('controller account enable bob'))
    .action(async (name: string, flags: Flags) => {
      const changed = await change(name, flags, { disabled: false })
      await printAs(flags.output, changed, `Account ${name} is enabled.\n`)
    })
  named('delete')
    .description('delete an account, end its sessions, and revoke its tokens')
    .option('-y, --yes', 'do not ask for confirmation')
    .addHelpText('after', examples('controller account delete bob'))
    .action((name: string, flags: Flags & { yes?: boolean }) =>
      withClient(flags, async (client) => {
        await confirm(`Delete account ${name}?`, flags.yes)
        const deleted = await client.ask(accountRoutes.deleteAccount, { params: { name } })
        await printAs(flags.output, deleted, `Account ${name} is deleted.\n`)
      }),
    )
}

async function changeOwn(flags: PasswordFlags & { presentPasswordFile?: string }): Promise<void> {
  const { presentPasswordFile, passwordFile } = flags
  if (presentPasswordFile === '-' && passwordFile === '-') {
    const fix = 'pass a file for one of them, or type it'
    throw new AgentError('usage/two-passwords', 'standard input has one password', { fix, kind: 'invalid' })
  }
  const { name } = await withClient(flags, (client) => client.ask(sessionRoutes.showSession, {}))
  const present = await readPassword(presentPasswordFile, `Present password of ${name}: `)
  const password = await newPassword(flags, name)
  const access = await readAccess(flags.admin)
  const {
    token,
    csrf: _,
    ...changed
  } = await withClient(flags, (client) => client.ask(sessionRoutes.changePassword, { body: { present, password } }))
  const text = `Account ${name} has a new password. Its other sessions have ended.\n`
  if (token === undefined || !('token' in access)) return printAs(flags.output, changed, text)
  const login = access.from === 'login' ? await savedLogin(access.url) : undefined
  if (login) {
    saveLogin({ ...login, token })
    return printAs(flags.output, changed, text)
  }
  await printAs(
    flags.output,
    { ...changed, token },
    `${text}The session has another secret, for CANTRIP_TOKEN: ${token}\n`,
  )
}

type Change = { password?: string; grants?: Grant[]; disabled?: boolean }

const change = (name: string, flags: Flags, body: Change): Promise<AccountView> =>
  withClient(flags, (client) => client.ask(accountRoutes.changeAccount, { params: { name }, body }))

const withPasswordFile = (command: Command): Command =>
  command.option(
    '--password-file <file>',
    'file with the password, mode 0600, or - for standard input (default: ask at the terminal)',
  )

async function newPassword({ passwordFile }: PasswordFlags, name: string): Promise<string> {
  const password = await readPassword(passwordFile, `New password of ${name}: `)
  if (password.length < SHORTEST_PASSWORD) {
    const found = `the password has ${password.length} characters; wanted at least ${SHORTEST_PASSWORD}`
    throw new AgentError('password/short', found, { fix: 'choose a longer one', kind: 'invalid' })
  }
  const isTyped = passwordFile === undefined
  if (!isTyped || password === (await readPassword(undefined, 'The same again: '))) return password
  throw new AgentError('password/different', 'the two passwords differ', { fix: 'try again', kind: 'invalid' })
}
