import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
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
  { title: 'OWNER', of: (each) => ownerOf(each) },
  { title: 'EXPIRES', of: ({ expiresAt }) => localTime(expiresAt) },
  { title: 'LAST USE', of: ({ lastUsedAt }) => age(lastUsedAt, now) },
  { title: 'ISSUED BY', of: ({ issuedBy }) => issuedBy ?? '' },
  { title: 'ISSUED', of: ({ createdAt }) => localTime(createdAt), wide: true },
  { title: 'REVOKED', of: ({ revokedAt }) => (revokedAt === null ? '' : localTime(revokedAt)), wide: true },
]

const ownerOf = ({ account, issuedBy }: ApiTokenView) => account ?? issuedBy ?? ''

/** `controller token create|list|revoke`. */
export function registerToken(program: Command): void {
  const token = program.command('token').description('API tokens, with which programs use the controller')
  withRoles(withAdmin(token.command('create')).argument('<name>', 'lower-case letters, digits and dashes', labelOf))
    .description('create a token with at most your own roles, and print its secret; it is shown only now')
    .option(
      '--ttl <duration>',
      'how long it is valid, in days (default: 90d; of OIDC users at most 30d)',
      ttlUpTo(MAX_DAYS),
    )
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
    .option('--owner <person>', 'only those of this account, or that this person has created')
    .addHelpText('after', examples('controller token list', 'controller token list --owner oidc:ann -o json'))
    .action((flags: Flags & { owner?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const every = await client.ask(tokenRoutes.listTokens, {})
        const all = every.filter((each) => flags.owner === undefined || ownerOf(each) === flags.owner)
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withAdmin(token.command('revoke'))
    .description('revoke a token, or all of a person; requests in work end within 5 seconds')
    .argument('[token]', 'name of the token', labelOf)
    .option('--owner <person>', 'all tokens of this account, or that this person has created')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller token revoke ci', 'controller token revoke --owner oidc:ann'))
    .action(revoke)
}

interface RevokeFlags extends Flags {
  owner?: string
  yes?: boolean
  output: PlainFormat
}

async function revoke(name: string | undefined, flags: RevokeFlags): Promise<void> {
  const { owner, yes, output } = flags
  if ((name === undefined) === (owner === undefined)) {
    const fix = 'pass the name of a token, or --owner NAME'
    throw new AgentError('usage/which-tokens', 'found both or none of a token and --owner', { fix, kind: 'invalid' })
  }
  await withClient(flags, async (client) => {
    if (name !== undefined) {
      await confirm(`Revoke token ${name}?`, yes)
      const revoked = await client.ask(tokenRoutes.revokeToken, { params: { name } })
      return printAs(output, revoked, `Token ${name} is revoked.\n`)
    }
    const of = owner ?? ''
    await confirm(`Revoke all tokens of ${of}?`, yes)
    const revoked = await client.ask(tokenRoutes.revokeTokensOf, { params: { name: of } })
    const names = revoked.map((each) => each.name).join(', ')
    await printAs(
      output,
      revoked,
      names === '' ? `${of} has no valid tokens.\n` : `Revoked tokens of ${of}: ${names}.\n`,
    )
  })
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
