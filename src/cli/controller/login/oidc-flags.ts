import { type Command, InvalidArgumentError, Option } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { Secret } from '../../../base/text/secret.ts'
import type { GroupGrant, OidcSettings } from '../../../controller/access/oidc/settings.ts'
import { ROLES } from '../../../protocol/api/people/permissions.ts'
import { roleIn } from '../people/roles.ts'
import { readCa } from './ca-file.ts'

export interface OidcFlags {
  oidcIssuerUrl?: string
  oidcClientId?: string
  oidcClientSecretFile?: string
  oidcCaFile?: string
  oidcUsernameClaim?: string
  oidcGroupsClaim: string
  oidcScope?: string[]
  oidcGrant?: GroupGrant[]
}

const MAX_BYTES = 4_096

export function withOidcFlags(command: Command): Command {
  return command
    .addOption(new Option('--oidc-issuer-url <url>', 'OIDC provider at which people sign in').argParser(issuerOf))
    .option('--oidc-client-id <id>', 'client ID of the controller at the provider')
    .option('--oidc-client-secret-file <file>', 'file with the client secret (default: a public client)')
    .option('--oidc-ca-file <file>', "CA of the provider, PEM (default: this machine's CAs)")
    .option(
      '--oidc-username-claim <claim>',
      'claim with the name (default: preferred_username, a verified email, or sub)',
    )
    .option('--oidc-groups-claim <claim>', 'claim with the groups', 'groups')
    .option('--oidc-scope <scope>', 'further scope to request; repeatable', (scope: string, before: string[] = []) => [
      ...before,
      scope,
    ])
    .option(
      '--oidc-grant <group=role@project>',
      'role of a group, in one project or, without @PROJECT, in all; repeatable',
      grantOf,
    )
}

/** Undefined without OIDC. Throws `serve/oidc` if flags are missing. */
export async function oidcSettingsOf(flags: OidcFlags): Promise<OidcSettings | undefined> {
  const { oidcIssuerUrl: issuer, oidcClientId: clientId, oidcGrant: grants } = flags
  const names = ['oidcClientSecretFile', 'oidcCaFile', 'oidcUsernameClaim', 'oidcScope'] as const
  const isAsked = issuer ?? clientId ?? grants ?? names.find((name) => flags[name] !== undefined)
  if (isAsked === undefined) return undefined
  if (issuer === undefined || clientId === undefined || grants === undefined) {
    const missing = [!issuer && '--oidc-issuer-url', !clientId && '--oidc-client-id', !grants && '--oidc-grant']
    throw new AgentError('serve/oidc', `OIDC needs ${missing.filter(Boolean).join(', ')}, too`, {
      fix: 'pass the provider, the client and at least one role: --oidc-issuer-url URL --oidc-client-id ID --oidc-grant GROUP=ROLE',
      kind: 'invalid',
    })
  }
  const { oidcClientSecretFile: secretFile, oidcCaFile: caFile } = flags
  return {
    ...{ issuer, clientId, grants },
    clientSecret: secretFile === undefined ? undefined : await readSecret(secretFile),
    ca: caFile === undefined ? undefined : await readCa(caFile),
    usernameClaim: flags.oidcUsernameClaim,
    groupsClaim: flags.oidcGroupsClaim,
    scopes: flags.oidcScope ?? [],
  }
}

async function readSecret(path: string): Promise<Secret> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  const file = { path, what: 'OIDC client secret file', code: 'oidc-secret', maxBytes: MAX_BYTES, isSecret: true }
  const text = (
    await readGiven({ ...file, ifMissing: 'write the secret that the provider shows for this client' })
  ).trim()
  if (text !== '') return new Secret(text)
  throw new AgentError('oidc-secret/empty', `OIDC client secret file ${path} is empty`, {
    fix: 'write the secret that the provider shows for this client; a public client needs no file',
    kind: 'invalid',
  })
}

/** Providers have issuers with a path, and the comparison with the issuer in their tokens is exact. */
function issuerOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === '') return text
  throw new InvalidArgumentError('It must be an https URL, without a query.')
}

/** Groups of LDAP contain `=`, so the last one counts. */
function grantOf(text: string, before: GroupGrant[] = []): GroupGrant[] {
  const at = text.lastIndexOf('=')
  const grant = roleIn(text.slice(at + 1))
  if (at > 0 && grant) return [...before, { group: text.slice(0, at), ...grant }]
  throw new InvalidArgumentError(`It must be GROUP=ROLE or GROUP=ROLE@PROJECT; roles: ${ROLES.join(', ')}.`)
}
