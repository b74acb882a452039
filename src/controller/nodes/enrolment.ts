import { createPublicKey } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint, spki } from '../../pki/key.ts'
import type { EnrolRequest, EnrolResponse } from '../../protocol/api/agents.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Core } from '../core.ts'
import { refusal } from '../domain/admission.ts'
import { newId } from '../domain/ids.ts'
import type { Cluster, Enrolment, Node } from '../domain/records.ts'
import { tellState } from '../reconcile/node-state.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { clusterOf, nodeById } from './find.ts'
import { isHalfOver, issueNodeCertificate } from './node-certificate.ts'
import { approve } from './node-commands.ts'

const MAX_PENDING = 1_000
const LAPSE_MS = 86_400_000

/**
 * Takes a node's request in. `installer` is the identity of the installer certificate: the cluster's id. Nothing of the
 * request but its key counts for the certificate. Asking again with the same key changes nothing but what the prechecks
 * had to say, and that only until it is approved.
 */
export function enrol(core: Core, installer: string, request: EnrolRequest): EnrolResponse {
  const { publicKey } = readCsr(request.csr)
  const cluster = core.store.clusters.get(installer)
  if (!cluster) throw refusal('enrol/cluster-gone', 'the cluster of this installer was deleted', 'make a new cluster')
  if (request.clusterName !== undefined && request.clusterName !== cluster.name) {
    const found = `the credentials are for cluster ${cluster.name}, not ${request.clusterName}`
    throw refusal('enrol/other-cluster', found, `leave --cluster-name out, or give --cluster-name ${cluster.name}`)
  }
  const name = fingerprint(publicKey)
  const isNew = core.store.transaction(() => {
    const known = core.store.enrolments.get(name)
    if (known?.state === 'pending') core.store.nodes.update(known.nodeId, { warnings: request.warnings })
    if (known) return false
    const key = spki(publicKey).toString('base64')
    add(core, cluster, installer, request, { fingerprint: name, publicKey: key })
    return true
  })
  if (isNew) {
    reconcile(core, cluster.id)
    core.changes.announce()
  }
  return enrolmentState(core, installer, name)
}

function add(
  core: Core,
  cluster: Cluster,
  installer: string,
  request: EnrolRequest,
  key: Pick<Enrolment, 'fingerprint' | 'publicKey'>,
) {
  const { store } = core
  if (store.enrolments.count("installer = ? AND state = 'pending'", installer) >= MAX_PENDING) {
    const fix = remedy`approve or remove some: ${{ do: 'node.list' }}`
    throw refusal('enrol/too-many', `${MAX_PENDING} nodes wait for approval already`, fix)
  }
  const createdAt = core.now().toISOString()
  const node: Node = {
    id: newId('n'),
    clusterId: cluster.id,
    name: request.nodeName,
    address: request.address,
    state: 'DISCOVERED',
    silent: 'no',
    leaving: 'no',
    roles: [],
    interface: null,
    disks: [],
    facts: null,
    warnings: request.warnings,
    agentVersion: '',
    bootId: '',
    error: null,
    attempt: 0,
    generation: 0,
    upSeq: 0,
    downSeq: 0,
    createdAt,
    approvedAt: null,
    configuredAt: null,
    lastSeen: createdAt,
  }
  store.nodes.insert(node)
  store.enrolments.insert({
    ...key,
    nodeId: node.id,
    installer,
    state: 'pending',
    certificate: null,
    next: null,
    createdAt,
  })
  tellState(core, node.id)
  if (cluster.settings.autoApprove) approve(core, node)
}

/** Throws `enrol/unknown` (ask anew) or `enrol/refused`. An approved one has its certificate in the answer. */
export function enrolmentState(core: Core, installer: string, name: string): EnrolResponse {
  const enrolment = core.store.enrolments.get(name)
  if (!enrolment || enrolment.installer !== installer) {
    throw refusal('enrol/unknown', 'the controller does not know this key (any more)', 'enrol again')
  }
  if (enrolment.state === 'refused') {
    const fix = remedy`ask the administrator; to try again: ${{ do: 'shell', command: 'agent uninstall' }}, then install`
    throw refusal('enrol/refused', 'an administrator refused or removed this node', fix)
  }
  const node = nodeById(core, enrolment.nodeId)
  const { id, name: clusterName } = clusterOf(core, node)
  const answer = { nodeId: node.id, fingerprint: name, cluster: { id, name: clusterName } }
  if (enrolment.state === 'pending') return { ...answer, state: 'DISCOVERED' }
  return { ...answer, state: 'APPROVED', certificate: certificateOf(core, enrolment) }
}

/** A node that waits for its approval has no session: it is heard when it asks. */
export function heardAgain(core: Core, installer: string, name: string): void {
  const enrolment = core.store.enrolments.get(name)
  if (enrolment?.installer !== installer || enrolment.state !== 'pending') return
  core.store.nodes.update(enrolment.nodeId, { lastSeen: core.now().toISOString() })
}

/** The one that was issued while half of its life is left, else a new one. */
function certificateOf(core: Core, enrolment: Enrolment): string {
  const found = enrolment.certificate
  if (found && !isHalfOver(found, core.now())) return found
  const publicKey = createPublicKey({ key: Buffer.from(enrolment.publicKey, 'base64'), type: 'spki', format: 'der' })
  const certificate = issueNodeCertificate(core, enrolment.nodeId, publicKey)
  core.store.enrolments.update(enrolment.fingerprint, { certificate })
  return certificate
}

/** Nodes that nobody approved within a day are forgotten; they ask again. */
export function dropLapsed(core: Core): void {
  const before = new Date(core.now().getTime() - LAPSE_MS).toISOString()
  const lapsed = core.store.enrolments.where("state = 'pending' AND created_at < ?", before)
  core.store.transaction(() => {
    for (const { nodeId } of lapsed) core.store.nodes.remove(nodeId)
  })
}
