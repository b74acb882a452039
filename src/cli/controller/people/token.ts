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
  type PlainFormat,
  render,
  structured,
  tableOption,
} from '../../kit/output.ts'
import { labelOf, ttlUpTo, validOption } from '../identities/arguments.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
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
    .option('--ttl <duration>', 'how long it is valid, in days (default: 90d)', ttlUpTo(MAX_DAYS))
    .addOption(validOption(MAX_DAYS))
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller token create ci --role operator@berlin --ttl 30d > token.txt',
        'controller token create console --role viewer --role approver@berlin',
      ),
    )
    .action(create)
  withAdmin(token.command('list'))
    .description('list your tokens; as an administrator: those of everyone')
    .addOption(tableOption())
    .addHelpText('after', examples('controller token list', 'controller token list -o json'))
    .action((flags: Flags & { output: Format }) =>
      withClient(flags, async (client) => {
        const all = await client.ask(tokenRoutes.listTokens, {})
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withAdmin(token.command('revoke'))
    .description('revoke a token; requests in work end within 5 seconds')
    .argument('<token>', 'name of the token', labelOf)
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller token revoke ci'))
    .action((name: string, flags: Flags & { yes?: boolean; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        await confirm(`Revoke token ${name}?`, flags.yes)
        const revoked = await client.ask(tokenRoutes.revokeToken, { params: { name } })
        await printAs(flags.output, revoked, `Token ${name} is revoked.\n`)
      }),
    )
}

/** Standard output gets the secret alone, for a pipe. */
async function create(
  name: string,
  { admin, role, ttl, valid, output }: Flags & { role: Grant[]; ttl?: number; valid?: number; output: PlainFormat },
): Promise<void> {
  await withClient({ ...(admin !== undefined && { admin }) }, async (client) => {
    const body = { name, grants: role, days: ttl ?? valid }
    const created = await client.ask(tokenRoutes.createToken, { body })
    if (output !== 'text') return print(await structured(output, created))
    const until = localTime(created.token.expiresAt)
    process.stderr.write(`Token ${name} created: ${rolesText(role)}, until ${until}. It is shown only now.\n`)
    print(`${created.secret}\n`)
  })
}
