import { createHash, randomBytes } from 'node:crypto'
import { AgentError } from '../../../../base/agent-error.ts'
import { credentialRoutes } from '../../../../protocol/api/identities/credentials.ts'
import { type JoinCommandParts, type JoinCommandRequest, joinRoutes } from '../../../../protocol/api/identities/join.ts'
import { nextName } from '../../identities/creds.ts'
import { newInstallerKey } from '../../identities/new-credentials.ts'
import type { AdminClient } from '../../session/client.ts'

export type JoinWishes = Pick<JoinCommandRequest, 'validSeconds' | 'maxNodes' | 'arch'> & {
  /** Of the set of credentials; default: CLUSTER-2, CLUSTER-3, … */
  name?: string | undefined
  /** A machine behind a proxy that ends TLS compares the SHA-256 of the credentials, which controllers of earlier builds do not send. */
  tlsTerminatingProxy?: boolean | undefined
}

/** A set of credentials that machines can fetch, with its secrets, which only this process has. Throws AgentError; then it is revoked. */
export async function newJoin(
  client: AdminClient,
  cluster: string,
  { name, tlsTerminatingProxy, ...wishes }: JoinWishes,
): Promise<JoinCommandParts & { token: string; passphrase: string }> {
  const known = await client.ask(credentialRoutes.listCredentials, { params: { name: cluster } })
  const set = name ?? nextName(cluster, known)
  const { csr, encryptedKey, passphrase } = await newInstallerKey()
  const token = `${cluster}.${set}.${randomBytes(24).toString('base64url')}`
  const tokenSha256 = createHash('sha256').update(token).digest('hex')
  const body = { name: set, csr, encryptedKey, tokenSha256, ...wishes }
  const parts = await client.ask(joinRoutes.createJoinCommand, { params: { name: cluster }, body })
  if (!tlsTerminatingProxy || parts.credentialsSha256 !== undefined) return { ...parts, token, passphrase }
  await client.ask(credentialRoutes.revokeCredentials, { params: { name: cluster, set } })
  throw earlierController()
}

function earlierController(): AgentError {
  const found = 'the controller is of an earlier build, which does not say what the credentials of a join command are'
  return new AgentError('join/earlier-controller', found, {
    fix: 'update the controller, or copy credentials to the machine: controller creds renew CLUSTER --tls-terminating-proxy',
    kind: 'refused',
  })
}
