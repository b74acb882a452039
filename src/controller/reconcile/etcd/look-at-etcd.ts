import { printable } from '../../../base/text/printable.ts'
import { shorten } from '../../../base/text/shorten.ts'
import { ETCD_SILENT } from '../../../protocol/wire/operation.ts'
import type { ClusterData, Draft } from '../../domain/draft.ts'
import type { Cluster, EtcdLook } from '../../domain/records.ts'
import { failureText } from '../../failure-text.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence, HasStore } from '../../ports.ts'
import { connectedMasters, situationOf } from '../situation-of.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasOperations & HasLog
/** Changes the cluster and reconciles it. */
type Reconcile = (work: (draft: Draft) => void) => Promise<unknown>

/** A look is a process on a master. What is wrong with etcd shows soon in other ways too, except a member without a vote or none. */
const EVERY_MS = { well: 300_000, ill: 30_000 } as const

/** In bytes. Members of ours have the name of their node. */
const LONGEST_NAME = 253

/** Asks a master for the members of etcd from time to time, and reconciles if what it says is news. */
export function lookAtEtcd(ports: Ports, { cluster }: ClusterData, reconcile: Reconcile): void {
  const { id } = cluster
  const { looks } = ports.operations
  const nowMs = ports.now().getTime()
  if (!isDue(cluster, nowMs, looks.get(id))) return
  looks.set(id, nowMs)
  setImmediate(() => {
    void look(ports, id, reconcile).catch((error: unknown) =>
      ports.log(`etcd of ${cluster.name}: ${failureText(error)}`),
    )
  })
}

/** `askedMs`: when this controller asked last, also without an answer. */
export function isDue({ desired, establishedAt, etcd, problems }: Cluster, nowMs: number, askedMs = 0): boolean {
  if (desired !== 'provision' || establishedAt === null) return false
  const everyMs = problems.length > 0 ? EVERY_MS.ill : EVERY_MS.well
  const lastMs = Math.max(Date.parse(etcd?.at ?? establishedAt), askedMs)
  // Also after the clock was set back.
  return Math.abs(nowMs - lastMs) >= everyMs
}

async function look(ports: Ports, clusterId: string, reconcile: Reconcile): Promise<void> {
  const data = await ports.store.load(clusterId)
  const masters = data ? connectedMasters(ports, situationOf(ports, data).members) : []
  const asked = await ports.operations.ask(ports, masters, { operation: 'look-at-etcd' })
  if (asked === undefined) return
  const { master, answer } = asked
  const isSilent = answer.outcome === 'not-yet' && answer.waitingFor === ETCD_SILENT
  const reported = answer.outcome === 'done' ? (answer.etcd ?? []) : []
  const members = reported.map((each) => ({ ...each, name: shorten(printable(each.name), LONGEST_NAME) }))
  if (members.length === 0 && !isSilent) return
  await reconcile((draft) => {
    const at = draft.now.toISOString()
    const found: EtcdLook = { at, members, silentOn: isSilent ? master.name : null }
    if (draft.cluster.establishedAt !== null) draft.setCluster({ etcd: found })
  })
}
