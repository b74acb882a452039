import { createHash, timingSafeEqual } from 'node:crypto'
import type { AgentError } from '../../../base/agent-error.ts'
import { ENCRYPTED_KEY_LABEL } from '../../../pki/pbes2.ts'
import { readOnePem } from '../../../pki/pem.ts'
import type { JoinArchitecture, JoinCommandParts, JoinCommandRequest } from '../../../protocol/api/identities/join.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { offerState, refusal } from '../../domain/admission.ts'
import type { CredentialSet, Offer } from '../../domain/identities/record.ts'
import type { Cluster } from '../../domain/records.ts'
import type {
  HasAgentFiles,
  HasAnnouncements,
  HasAuthority,
  HasClock,
  HasLog,
  HasPublicUrls,
  HasStore,
  HasTurns,
} from '../../ports.ts'
import { addSet, installerParts, issueCredentials } from '../credentials.ts'
import { AGENT_FILES } from './agent-files.ts'
import { credentialsText } from './credentials-text.ts'

type Issuing = HasStore & HasTurns & HasAnnouncements & HasLog & HasAuthority & HasClock & HasPublicUrls & HasAgentFiles

/** How long a machine that was installed in time can wait for its approval. */
const APPROVAL_DAYS = 7
const DAY_SECONDS = 86_400

/** Issues a set of credentials that can be fetched with a token. Throws AgentError `join/no-agent` if there is no agent to send. */
export async function createJoinCommand(
  ports: Issuing,
  cluster: Cluster,
  { name, csr, encryptedKey, tokenSha256, validSeconds, maxNodes, arch }: JoinCommandRequest,
  by: string,
): Promise<JoinCommandParts> {
  readOnePem(encryptedKey, ENCRYPTED_KEY_LABEL)
  const all = await ports.agentFiles.all()
  const agents = all.filter((agent) => arch === undefined || agent.arch === arch)
  if (agents.length === 0) throw noAgent(ports, arch)
  const days = Math.ceil(validSeconds / DAY_SECONDS) + APPROVAL_DAYS
  const { set, installer } = issueCredentials(ports, cluster, { name, csr, days, maxNodes }, by)
  const offer: Offer = {
    ...{ tokenSha256, key: encryptedKey, certificate: installer.certificate },
    expiresAt: new Date(ports.now().getTime() + validSeconds * 1_000).toISOString(),
  }
  const credentials = await addSet(ports, cluster, { ...set, offer })
  const { ca, enrolment } = installer
  const credentialsSha256 = createHash('sha256').update(credentialsText(encryptedKey, installer)).digest('hex')
  return { credentials, cluster: cluster.name, urls: enrolment.urls, ca, agents, credentialsSha256 }
}

export interface Joining {
  cluster: Cluster
  set: CredentialSet & { offer: Offer }
}

/**
 * The set of credentials that belongs to a token. Throws AgentError: `join/unknown` says nothing about which clusters and sets
 * there are; why it is refused is for those who have the token.
 */
export async function admitJoin(ports: HasStore & HasClock, token: string): Promise<Joining> {
  const [clusterName = '', setName = ''] = token.split('.')
  const cluster = await ports.store.clusterNamed(clusterName)
  const set = cluster?.credentials.find(({ name }) => name === setName)
  if (!cluster || !set?.offer || !isHashOf(set.offer.tokenSha256, token)) {
    const fix = remedy`copy the whole command again, or create another one: ${{ do: 'cluster.join-command' }}`
    throw refusal('join/unknown', 'the controller does not know the token of this join command', fix)
  }
  const { offer } = set
  const state = offerState(set, ports.now())
  if (state === 'valid') return { cluster, set: { ...set, offer } }
  const another = remedy`create another one: ${{ do: 'cluster.join-command', cluster: cluster.name }}`
  if (state === 'expired') throw refusal('join/expired', `this join command expired at ${offer.expiresAt}`, another)
  if (state === 'revoked') throw refusal('join/revoked', 'this join command was revoked', another)
  const found = `${set.enrolled} nodes have enrolled with this join command, which is for ${set.maxNodes}`
  throw refusal('join/used-up', found, another)
}

function isHashOf(sha256: string, token: string): boolean {
  return timingSafeEqual(Buffer.from(sha256, 'hex'), createHash('sha256').update(token).digest())
}

/** The text of NAME.pem for a machine that joins. */
export function joinCredentials(ports: HasAuthority & HasPublicUrls, { cluster, set: { offer } }: Joining): string {
  return credentialsText(offer.key, installerParts(ports, cluster, offer.certificate))
}

export function noAgent({ agentFiles: { directories } }: HasAgentFiles, arch?: JoinArchitecture): AgentError {
  const found = `the controller has no executable of the agent${arch ? ` for ${arch}` : ''} in ${directories.join(' or ')}`
  const names = arch ? AGENT_FILES[arch].name : 'agent-linux-x64 or agent-linux-arm64'
  return refusal(
    'join/no-agent',
    found,
    `copy ${names}, which scripts/build makes, into that directory on the controller`,
  )
}
