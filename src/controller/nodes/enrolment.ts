import { createPublicKey, type X509Certificate } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint, spki } from '../../pki/key.ts'
import type { EnrolRequest, EnrolResponse } from '../../protocol/api/agents.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Machine } from '../../protocol/declaration/machine.ts'
import { byRule } from '../audit/by-rule.ts'
import { isUsedUp, refusal, setOf } from '../domain/admission.ts'
import type { Draft } from '../domain/draft.ts'
import { newId } from '../domain/ids.ts'
import { newNode } from '../domain/new-records.ts'
import type { Enrolment } from '../domain/records.ts'
import type { HasAuthority, HasClock, HasStore, HasTurns } from '../ports.ts'
import { addStateEvent } from '../reconcile/node-state.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { approveAutomatically } from './approval.ts'
import { clusterOf, nodeById } from './find.ts'
import { changeEnrolment, isHalfOver, isOf, issueNodeCertificate } from './node-certificate.ts'

const MAX_PENDING = 1_000
const LAPSE_MS = 86_400_000

type Issuing = HasStore & HasTurns & HasAuthority & HasClock

/** A client with an installer certificate. */
interface Client {
  /** The cluster's id. */
  name: string
  certificate: Certificate
}

/** `machine`: what the node says about its machine, for the rules of the cluster. */
type Request = EnrolRequest & { machine?: Machine | undefined }

type Certificate = Pick<X509Certificate, 'serialNumber' | 'validFromDate' | 'validToDate'>

/**
 * Records a node's request to enrol. Of the CSR, only the key is used. A repeated request with the same key only updates the
 * warnings, until the node is approved. `issuer`: the CA that issued the client's certificate, which the node trusts.
 */
export async function enrol(
  ports: Reconciling,
  client: Client,
  request: Request,
  issuer?: string,
): Promise<EnrolResponse> {
  const { name: installer } = client
  const { publicKey } = readCsr(request.csr)
  const cluster = await ports.store.cluster(installer)
  if (!cluster)
    throw refusal('enrol/cluster-gone', 'the cluster of these credentials was deleted', 'create a new cluster')
  if (request.clusterName !== undefined && request.clusterName !== cluster.name) {
    const found = `the credentials are for cluster ${cluster.name}, not ${request.clusterName}`
    throw refusal('enrol/other-cluster', found, `omit --cluster-name, or pass --cluster-name ${cluster.name}`)
  }
  const name = fingerprint(publicKey)
  // A key that is enrolled in another cluster stays there.
  const known = await ports.store.enrolment(name)
  if (known === undefined || (known.state === 'pending' && known.installer === installer)) {
    const key = { fingerprint: name, publicKey: spki(publicKey).toString('base64') }
    await reconcile(ports, cluster.id, (draft) => {
      const own = draft.enrolments.find((each) => each.fingerprint === name)
      if (!own) add(draft, client, request, key)
      else if (own.state === 'pending') {
        draft.setNode(own.nodeId, { warnings: request.warnings, machine: request.machine ?? null })
      }
    })
  }
  return enrolmentState(ports, installer, name, issuer)
}

function add(
  draft: Draft,
  { name: installer, certificate }: Client,
  request: Request,
  key: Pick<Enrolment, 'fingerprint' | 'publicKey'>,
) {
  if (draft.enrolments.filter(({ state }) => state === 'pending').length >= MAX_PENDING) {
    const fix = remedy`approve or remove some: ${{ do: 'node.list' }}`
    throw refusal('enrol/too-many', `${MAX_PENDING} nodes already wait for approval`, fix)
  }
  const createdAt = draft.now.toISOString()
  countUse(draft, certificate)
  const { nodeName: name, address, warnings, machine = null } = request
  const node = newNode({ id: newId('n'), clusterId: draft.cluster.id, name, address, warnings, machine, createdAt })
  draft.addNode(node)
  draft.addEnrolment({
    ...key,
    nodeId: node.id,
    installer,
    state: 'pending',
    certificate: null,
    next: null,
    createdAt,
  })
  addStateEvent(draft, node.id)
  approveAutomatically(draft)
}

/** Counts the node in the set of credentials that it came with. Throws `enrol/used-up`. */
function countUse({ cluster, now, setCluster }: Draft, certificate: Certificate): void {
  const { serialNumber, validToDate } = certificate
  const set = setOf(cluster, certificate)
  if (!set) return
  if (isUsedUp(set)) {
    const found = `${set.enrolled} nodes have enrolled with credentials ${set.name} of cluster ${cluster.name}, which are for ${set.maxNodes}`
    throw refusal('enrol/used-up', found, remedy`on the controller: ${{ do: 'creds.renew', cluster: cluster.name }}`)
  }
  const use = { enrolled: set.enrolled + 1, lastUsedAt: now.toISOString() }
  const seen = { ...set, ...use, serial: serialNumber, expiresAt: validToDate.toISOString() }
  setCluster({ credentials: cluster.credentials.map((each) => (each === set ? seen : each)) })
}

/** The state of an enrolment, with the certificate once it is approved. Throws `enrol/unknown` or `enrol/refused`. */
export async function enrolmentState(
  ports: Issuing,
  installer: string,
  name: string,
  issuer: string | undefined,
): Promise<EnrolResponse> {
  const enrolment = await ports.store.enrolment(name)
  if (!enrolment || enrolment.installer !== installer) {
    throw refusal('enrol/unknown', 'the controller does not know this key', 'enrol again')
  }
  if (enrolment.state === 'refused') {
    const fix = remedy`ask the administrator; to try again: ${{ do: 'shell', command: 'agent uninstall' }}, then install`
    throw refusal('enrol/refused', 'an administrator refused or removed this node', fix)
  }
  const node = await nodeById(ports, enrolment.nodeId)
  const { id, name: clusterName } = await clusterOf(ports, node)
  const answer = { nodeId: node.id, fingerprint: name, cluster: { id, name: clusterName } }
  if (enrolment.state === 'pending') return { ...answer, state: 'DISCOVERED' }
  return { ...answer, state: 'APPROVED', certificate: await certificateOf(ports, enrolment, issuer) }
}

/** A node that waits for approval has no session, so its requests count as contact. */
export async function recordContact(
  { store, now }: HasStore & HasClock,
  installer: string,
  name: string,
): Promise<void> {
  const enrolment = await store.enrolment(name)
  if (enrolment?.installer !== installer || enrolment.state !== 'pending') return
  await store.commit([{ change: 'set-node', id: enrolment.nodeId, to: { lastSeen: now().toISOString() } }])
}

/** The issued certificate, or a new one when half of its validity is over, or another CA issued it. */
async function certificateOf(
  ports: Issuing,
  { nodeId, certificate }: Enrolment,
  issuer: string | undefined,
): Promise<string> {
  const isGood = (found: string) => !isHalfOver(found, ports.now()) && isOf(ports, found, issuer)
  if (certificate && isGood(certificate)) return certificate
  return changeEnrolment(ports, nodeId, (enrolment) => {
    const found = enrolment.certificate
    if (found && isGood(found)) return { answer: found }
    const publicKey = createPublicKey({ key: Buffer.from(enrolment.publicKey, 'base64'), type: 'spki', format: 'der' })
    const fresh = issueNodeCertificate(ports, enrolment, publicKey, issuer)
    return { answer: fresh, to: { certificate: fresh } }
  })
}

/** Approves nodes that automatic approval left waiting, and deletes those that were not approved within a day. */
export function keepEnrolments(draft: Draft): void {
  approveAutomatically(draft)
  dropLapsed(draft)
}

/** Their agents enrol again. */
function dropLapsed(draft: Draft): void {
  const before = new Date(draft.now.getTime() - LAPSE_MS).toISOString()
  for (const { state, createdAt, nodeId } of draft.enrolments) {
    if (state !== 'pending' || createdAt >= before) continue
    byRule(draft, 'removeLapsedNode', 'it was not approved within a day', () => draft.removeNode(nodeId))
  }
}
