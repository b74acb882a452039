import { type CredentialSetView, credentialRoutes } from '../../../../protocol/api/identities/credentials.ts'
import { nextName } from '../../identities/creds.ts'
import { newInstallerKey } from '../../identities/new-credentials.ts'
import { nodeOptionsBlock, nodeOptionsOf } from '../../identities/node-options.ts'
import type { AdminClient } from '../../session/client.ts'
import { issueJoin, type JoinFlags } from '../join/issue-join.ts'
import type { Entry } from './preparation.ts'

export interface IssuedEntry {
  entry: Entry
  credentials: CredentialSetView
}

export interface EntryFlags extends JoinFlags {
  /** The agent is in the image. */
  baked?: boolean
  /** Seconds; with `baked`, whole days. */
  ttl?: number
}

const DAY = 86_400

/** Issues a set of credentials of a cluster for new machines. */
export async function issueEntry(client: AdminClient, cluster: string, flags: EntryFlags): Promise<IssuedEntry> {
  if (flags.baked) return issueBaked(client, cluster, flags)
  const wishes = { ...flags, leavesNothing: true, validSeconds: flags.ttl ?? DAY }
  const { parts, script } = await issueJoin(client, cluster, wishes)
  return { entry: { kind: 'join', script }, credentials: parts.credentials }
}

async function issueBaked(client: AdminClient, cluster: string, flags: EntryFlags): Promise<IssuedEntry> {
  const { credentialsText } = await import('../../../../controller/clusters/join/credentials-text.ts')
  const params = { name: cluster }
  const { proxy, tlsTerminatingProxy } = flags
  const options = await nodeOptionsOf({ ...(proxy && { proxy }), ...(tlsTerminatingProxy && { tlsTerminatingProxy }) })
  const { csr, encryptedKey, passphrase } = await newInstallerKey()
  const set = flags.name ?? nextName(cluster, await client.ask(credentialRoutes.listCredentials, { params }))
  const days = flags.ttl === undefined ? undefined : flags.ttl / DAY
  const body = { name: set, csr, days, maxNodes: flags.maxNodes }
  const { credentials, installer } = await client.ask(credentialRoutes.renewCredentials, { params, body })
  const text = credentialsText(encryptedKey, installer) + (options ? await nodeOptionsBlock(options, passphrase) : '')
  return { entry: { kind: 'baked', set, credentials: text, passphrase }, credentials }
}
