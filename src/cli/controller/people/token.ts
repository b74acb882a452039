import type { Command } from 'commander'
import type { Grant } from '../../../protocol/api/access.ts'
import { MAX_DAYS } from '../../../protocol/api/identities/credentials.ts'
import { type ApiTokenView, tokenRoutes } from '../../../protocol/api/people/tokens.ts'
import { confirm } from '../../kit/confirm.ts'
import {
  age,
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  PLAIN_FORMATS,
  type PlainFormat,
  render,
  structured,
} from '../../kit/output.ts'
import { daysUpTo, labelOf } from '../identities/arguments.ts'
import { print, withAdmin, withClient } from '../session/session.ts'
import { rolesText, withRoles } from './roles.ts'

interface Flags {
  admin?: string
}

const columns = (now: Date): Column<ApiTokenView>[] => [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'ROLES', of: ({ grants }) => rolesText(grants) },
  { title: 'ACCOUNT', of: ({ account }) => account ?? '' },
  { title: 'EXPIRES', of: ({ expiresAt }) => localTime(expiresAt) },
  { title: 'LAST USE', of: ({ lastUsedAt }) => age(lastUsedAt, now) },
  { title: 'ISSUED BY', of: ({ issuedBy }) => issuedBy ?? '' },
  { title: 'ISSUED', of: ({ createdAt }) => localTime(createdAt), wide: true },
  { title: 'REVOKED', of: ({ revokedAt }) => (revokedAt === null ? '' : localTime(revokedAt)), wide: true },
]

/** `controller token create|list|revoke`. */
export function registerToken(program: Command): void {
  const token = program.command('token').description('API tokens, with which programs use the controller')
  withRoles(withAdmin(token.command('create')).argument('<name>', 'lower-case letters, digits and dashes', labelOf))
    .description('create a token with at most your own roles, and print its secret; it is shown only now')
    .option('--valid <days>', 'days until it expires (default: 90)', daysUpTo(MAX_DAYS))
    .addOption(formatOption(PLAIN_FORMATS))
    .addHelpText(
      'after',
      examples(
        'controller token create ci --role operator@berlin --valid 30d > token.txt',
        'controller token create console --role viewer --role approver@berlin',
      ),
    )
    .action(create)
  withAdmin(token.command('list'))
    .description('list your tokens; as an administrator: those of everyone')
    .addOption(formatOption())
    .addHelpText('after', examples('controller token list', 'controller token list -o json'))
    .action((flags: Flags & { output: Format }) =>
      withClient(flags, async (client) => {
        const all = await client.ask(tokenRoutes.listTokens, {})
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withAdmin(token.command('revoke'))
    .description('revoke a token; requests in work end within 5 seconds')
    .argument('<name>', 'name of the token', labelOf)
    .option('-y, --yes', 'do not ask for confirmation')
    .addHelpText('after', examples('controller token revoke ci'))
    .action((name: string, flags: Flags & { yes?: boolean }) =>
      withClient(flags, async (client) => {
        await confirm(`Revoke token ${name}?`, flags.yes)
        await client.ask(tokenRoutes.revokeToken, { params: { name } })
        print(`Token ${name} is revoked.\n`)
      }),
    )
}

/** Standard output gets the secret alone, for a pipe. */
async function create(
  name: string,
  { admin, role, valid, output }: Flags & { role: Grant[]; valid?: number; output: PlainFormat },
): Promise<void> {
  await withClient({ ...(admin !== undefined && { admin }) }, async (client) => {
    const body = { name, grants: role, days: valid }
    const created = await client.ask(tokenRoutes.createToken, { body })
    if (output !== 'text') return print(await structured(output, created))
    const until = localTime(created.token.expiresAt)
    process.stderr.write(`Token ${name} created: ${rolesText(role)}, until ${until}. It is shown only now.\n`)
    print(`${created.secret}\n`)
  })
}
