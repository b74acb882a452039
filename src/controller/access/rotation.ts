import { X509Certificate } from 'node:crypto'
import type { AuthorityView } from '../../protocol/api/identities/authority.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { AuditChange } from '../../protocol/audit/entry.ts'
import type { HasActs } from '../audit/recorded.ts'
import { refusal } from '../domain/admission.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Cluster, Node } from '../domain/records.ts'
import type { HasAuthority, HasClock, HasLog, HasPeers, HasPresence, HasStore } from '../ports.ts'
import type { Authority } from './authority.ts'

/** The rotation of the controller's CA and instruction key, while nodes are connected. */
export interface Rotation {
  show(): Promise<AuthorityView>
  /** `doRecorded`: for the audit log. */
  begin(doRecorded: HasActs['doRecorded']): Promise<AuthorityView>
  /** Throws `ca/stranded` while nodes or operators would be shut out, unless `isForced`. */
  finish(isForced: boolean, doRecorded: HasActs['doRecorded']): Promise<AuthorityView>
  /** The operator of this cluster reported with this certificate. */
  noteOperator(clusterId: string, certificate: X509Certificate): void
}

type Ports = HasAuthority & HasStore & HasPresence & HasPeers & HasClock & HasLog
type Waiting = AuthorityView['waiting'][number]

const MOST_SHOWN = 10
const CAPABILITY = 'frame/trust'

/** `onChange`: tells the nodes, and rewrites what this machine trusts. */
export function openRotation(ports: Ports, onChange: () => Promise<void>): Rotation {
  const { authority, store, log, now } = ports
  /** The CAs of the certificates with which operators reported, by cluster. They report every few seconds. */
  const operators = new Map<string, string | undefined>()

  async function show(): Promise<AuthorityView> {
    const found = authority.trustList?.authorities ?? [authority.ca]
    const view: AuthorityView = {
      authorities: found.map(describe),
      rotating: found.length > 1,
      ...{ nodes: 0, ready: 0, waiting: [] },
    }
    for (const cluster of await store.clusters()) {
      const data = await store.load(cluster.id)
      if (!data) continue
      const nodes = data.nodes.filter(({ state }) => state !== 'REMOVED')
      const waiting = nodes.flatMap((node) => reasonOf(ports, data, node) ?? [])
      view.nodes += nodes.length
      view.ready += nodes.length - waiting.length
      view.waiting.push(...waiting.map((each) => ({ cluster: cluster.name, ...each })))
      if (view.rotating) view.waiting.push(...operatorOf(cluster))
    }
    return view
  }

  function operatorOf({ id, name, report }: Cluster): Waiting[] {
    if (report === null || operators.get(id) === authority.issuers.at(-1)) return []
    const reason = operators.has(id)
      ? `has a certificate of the old CA: when its masters are ready, run controller cluster provision ${name}`
      : 'has not reported since the controller started'
    return [{ cluster: name, name: 'operator', reason }]
  }

  return {
    show,
    async begin(doRecorded) {
      refuseOthers(ports)
      if (authority.nextInstructionKey !== undefined) {
        throw refusal('ca/rotating', 'a rotation of the keys is in progress', remedy`see: ${{ do: 'ca.status' }}`)
      }
      await doRecorded([changeOfKeys(authority, true)], () => authority.beginRotation(now()))
      log('a rotation of the keys began: the new CA and instruction key are sent to the nodes')
      await onChange()
      return show()
    },
    async finish(isForced, doRecorded) {
      refuseOthers(ports)
      if (authority.nextInstructionKey === undefined) {
        throw refusal(
          'ca/no-rotation',
          'no rotation of the keys is in progress',
          remedy`to begin one: ${{ do: 'ca.rotate' }}`,
        )
      }
      const { waiting } = await show()
      if (waiting.length > 0 && !isForced) throw stranded(waiting)
      await doRecorded([changeOfKeys(authority, false)], () => authority.finishRotation())
      log(`the rotation of the keys ended; left behind: ${waiting.length}`)
      await onChange()
      return show()
    },
    noteOperator(clusterId, certificate) {
      operators.set(clusterId, authority.issuerOf(certificate))
    },
  }
}

function changeOfKeys({ issuers }: Authority, isRotating: boolean): AuditChange {
  const trusted = issuers.map((each) => each.slice(0, 16))
  const fields = { isRotating: { before: !isRotating, after: isRotating }, trustedBefore: { before: trusted } }
  return { record: 'authority', id: 'keys', name: null, change: 'changed', fields }
}

/** The keys of a controller are files of its machine: the others would not know the new ones. */
function refuseOthers({ peers }: Ports): void {
  const others = peers.others()
  if (others === 0) return
  const fix =
    'stop the other controllers, repeat the command, then copy the files of pki/ in the data directory to each of them and start them'
  throw refusal('ca/several', `${others} other controllers of this database run`, fix)
}

function describe(pem: string) {
  const { subject, fingerprint256, validToDate } = new X509Certificate(pem)
  return { name: subject.replace(/^CN=/, ''), fingerprint: fingerprint256, expiresAt: validToDate.toISOString() }
}

/** Why the node would be shut out, or its run refused, without the old keys; undefined if it would not. */
function reasonOf({ authority, presence }: Ports, data: ClusterData, { id, name }: Node) {
  const because = (reason: string) => ({ name, reason })
  const enrolment = data.enrolments.find(({ nodeId }) => nodeId === id)
  if (!enrolment?.certificate) return because('has no certificate yet: approve or remove it')
  if (authority.issuerOf(new X509Certificate(enrolment.certificate)) !== authority.issuers.at(-1)) {
    if (!presence.isConnected(id)) return because('is not connected')
    const isOld = presence.capabilitiesOf(id)?.includes(CAPABILITY) === false
    return because(isOld ? 'its agent is too old: update it' : 'has the new keys soon, after its run if there is one')
  }
  const isAtWork = authority.issuers.length > 1 && data.runs.some((run) => run.nodeId === id && run.state === 'open')
  return isAtWork ? because('has an open run, which the old key signed') : undefined
}

function stranded(waiting: readonly Waiting[]) {
  const shown = waiting.slice(0, MOST_SHOWN).map(({ cluster, name, reason }) => `${name} of ${cluster} ${reason}`)
  const more = waiting.length > MOST_SHOWN ? ` and ${waiting.length - MOST_SHOWN} more` : ''
  const fix = remedy`wait until ${{ do: 'ca.status' }} names none; or end it with --force, and install the agent of these nodes again with new credentials`
  return refusal('ca/stranded', `these would be shut out: ${shown.join('; ')}${more}`, fix)
}
