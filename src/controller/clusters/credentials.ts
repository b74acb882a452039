import { X509Certificate } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { readCsr } from '../../pki/csr.ts'
import type {
  CredentialSetView,
  InstallerParts,
  RenewCredentialsRequest,
} from '../../protocol/api/identities/credentials.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { certificateState, clusterGone, isUsedUp, offerState, refusal } from '../domain/admission.ts'
import type { Draft } from '../domain/draft.ts'
import type { CredentialSet } from '../domain/identities/record.ts'
import type { Cluster } from '../domain/records.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasLog, HasPublicUrls, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'

type Issuing = HasAuthority & Pick<HasClock, 'now'> & HasPublicUrls
type Ports = Issuing & HasStore & HasTurns & HasAnnouncements & HasLog

/** Revoked ones count too: their certificates have to be known until they expire. */
const MOST_SETS = 200

/** Issues the certificate of a set of credentials. `by`: the administrator. */
export function issueCredentials(
  { authority, now, publicUrls }: Issuing,
  cluster: Pick<Cluster, 'id' | 'name' | 'settings'>,
  { name, csr, days, maxNodes }: RenewCredentialsRequest,
  by: string,
): { set: CredentialSet; installer: InstallerParts } {
  const { publicKey } = readCsr(csr)
  const { id, settings } = cluster
  const order = { kind: 'enrol', identity: id, publicKey, days: days ?? settings.installerTtlDays, now: now() } as const
  const certificate = authority.clientCertificate(order)
  const { serialNumber, validToDate } = new X509Certificate(certificate)
  const set = {
    ...{ name, serial: serialNumber, maxNodes: maxNodes ?? null, enrolled: 0 },
    ...{ createdAt: order.now.toISOString(), expiresAt: validToDate.toISOString(), issuedBy: by },
    ...{ lastUsedAt: null, revokedAt: null, revokedBy: null },
  }
  return { set, installer: installerParts({ authority, publicUrls }, cluster, certificate) }
}

/** The parts of NAME.pem other than the key, for the present keys and URLs of the controller. */
export function installerParts(
  { authority, publicUrls }: HasAuthority & HasPublicUrls,
  { id, name, settings }: Pick<Cluster, 'id' | 'name' | 'settings'>,
  certificate: string,
): InstallerParts {
  const enrolment = {
    format: 1 as const,
    urls: [...publicUrls],
    cluster: { id, name },
    subnets: { pod: settings.podSubnet, service: settings.serviceSubnet },
    instructionKey: authority.instructionKey,
    ...(authority.nextInstructionKey && { nextInstructionKey: authority.nextInstructionKey }),
  }
  return { certificate, ca: authority.ca, enrolment }
}

/** Issues another set. The others stay as they are. */
export async function renewCredentials(
  ports: Ports,
  cluster: Cluster,
  request: RenewCredentialsRequest,
  by: string,
): Promise<{ credentials: CredentialSetView; installer: InstallerParts }> {
  const { set, installer } = issueCredentials(ports, cluster, request, by)
  return { credentials: await addSet(ports, cluster, set), installer }
}

/** Adds a set to those of its cluster. Throws AgentError `creds/exists` or `creds/too-many`. */
export async function addSet(ports: Ports, cluster: Cluster, set: CredentialSet): Promise<CredentialSetView> {
  await changeSets(ports, cluster, ({ cluster: { credentials } }) => {
    const list = { do: 'creds.list', cluster: cluster.name } as const
    if (credentials.some(({ name }) => name === set.name)) {
      const fix = remedy`choose another --name; see: ${list}`
      throw refusal('creds/exists', `cluster ${cluster.name} already has credentials ${set.name}`, fix)
    }
    // Those that have expired are refused without a record, because of their time.
    const current = credentials.filter(({ expiresAt }) => Date.parse(expiresAt) > ports.now().getTime())
    const kept = credentials.length < MOST_SETS ? credentials : current
    if (kept.length >= MOST_SETS) {
      const fix = remedy`use one of them, or wait until one has expired: ${list}`
      throw refusal('creds/too-many', `cluster ${cluster.name} already has ${MOST_SETS} sets of credentials`, fix)
    }
    return [...kept, set]
  })
  ports.log(
    `administrator ${set.issuedBy} issued credentials ${set.name} of cluster ${cluster.name}, serial ${set.serial}`,
  )
  return viewOfSet(set, ports)
}

/** Revokes a set, by its name. Returns it; it is no error if it was revoked before. */
export async function revokeCredentials(
  ports: Ports,
  cluster: Cluster,
  named: string,
  by: string,
): Promise<CredentialSetView> {
  const changed = await changeSets(ports, cluster, ({ cluster: { credentials }, now }) => {
    const set = credentials.find(({ name }) => name === named)
    if (!set) {
      const found = `cluster ${cluster.name} has no credentials ${named}`
      const fix = remedy`choose one of: ${{ do: 'creds.list', cluster: cluster.name }}`
      throw new AgentError('creds/unknown', found, { ...fix, kind: 'invalid' })
    }
    const revoked = { ...set, revokedAt: set.revokedAt ?? now.toISOString(), revokedBy: set.revokedBy ?? by }
    return credentials.map((each) => (each === set ? revoked : each))
  })
  const set = changed.find(({ name }) => name === named)
  if (!set) throw new Error(`no credentials ${named}`)
  ports.log(`administrator ${by} revoked credentials ${named} of cluster ${cluster.name}`)
  return viewOfSet(set, ports)
}

async function changeSets(ports: Ports, cluster: Cluster, work: (draft: Draft) => CredentialSet[]) {
  const done = await changeCluster(ports, cluster.id, (draft) => {
    const credentials = work(draft).map((set) => withoutEndedOffer(set, ports.now()))
    draft.setCluster({ credentials })
    return credentials
  })
  if (!done) throw clusterGone(cluster.name)
  ports.changes.announce()
  return done.result
}

/** What nobody can fetch any more is not stored any longer. */
function withoutEndedOffer(set: CredentialSet, now: Date): CredentialSet {
  if (!set.offer?.key || offerState(set, now) === 'valid') return set
  return { ...set, offer: { ...set.offer, key: '', certificate: '' } }
}

export function viewOfSet(
  { offer, ...set }: CredentialSet,
  { authority, now }: HasAuthority & Pick<HasClock, 'now'>,
): CredentialSetView {
  const validity = certificateState(set, now(), authority.trustedSince)
  const state = validity === 'valid' && isUsedUp(set) ? 'used-up' : validity
  return { ...set, state, fetchableUntil: offer?.expiresAt ?? null }
}
