import { AgentError } from '../../../base/agent-error.ts'
import type { BegunRestore } from '../../../protocol/api/clusters/backups.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { clusterGone, refusal, refusalFor } from '../../domain/admission.ts'
import { updateNeeded } from '../../domain/agent-update/update-needed.ts'
import type { Draft } from '../../domain/draft.ts'
import { newId } from '../../domain/ids.ts'
import type { Cluster, Node } from '../../domain/records.ts'
import { isBusy, isProvisionedMaster, mastersOf } from '../../domain/shape.ts'
import type { Member, Situation } from '../../domain/situation.ts'
import { instruct } from '../../reconcile/instruct.ts'
import { type Reconciling, reconcile } from '../../reconcile/reconcile.ts'
import { situationOf } from '../../reconcile/situation-of.ts'
import { admitRestore } from './admit.ts'
import { type Look, lookAtMasters } from './look.ts'

/** Reading some gigabytes. */
const CHECK_MS = 120_000

type Order = Pick<RestoreOrder, 'source' | 'backup'>

/** Gives all masters the data of a backup. All have to answer: one that kept its data would be a second cluster. */
export async function restoreBackup(ports: Reconciling, cluster: Cluster, backup: string): Promise<BegunRestore> {
  const looks = await lookAtMasters(ports, cluster)
  const source = looks.find(
    ({ answer }) => answer.outcome === 'done' && answer.backups?.some(({ id }) => id === backup),
  )
  if (!source) {
    const fix = remedy`see which there are: ${{ do: 'cluster.backup.list', cluster: cluster.name }}`
    throw refusal('etcd-backup/unknown', `no connected master of cluster ${cluster.name} has the backup ${backup}`, fix)
  }
  await requireWhole(ports, source.master, backup)
  return begin(ports, cluster, looks, { source: source.master.name, backup }, (absent) => {
    if (absent.length === 0) return
    const found = `masters of cluster ${cluster.name} do not answer: ${absent.join(', ')}; one that keeps its data would be a second cluster`
    const fix = remedy`start them; or, if they no longer exist: ${{ do: 'node.remove', force: true }}`
    throw refusal('restore/absent', found, fix)
  })
}

/** A backup that turned out to be damaged only in the run would stop the other masters for nothing. */
async function requireWhole(ports: Reconciling, master: Node, backup: string): Promise<void> {
  const answer = await ports.operations.run(ports, master, { operation: 'check-backup', backup }, CHECK_MS)
  if (answer.outcome === 'done') return
  if (answer.outcome === 'failed') {
    const { code, message, fix } = answer.error
    throw new AgentError(code, `master ${master.name}: ${message}`, { fix, kind: 'refused' })
  }
  const found = `the backup ${backup} is not verified yet: waiting for ${answer.waitingFor}`
  throw new AgentError('etcd-backup/not-yet', found, { fix: 'restore again', kind: 'unreachable' })
}

/** Begins etcd again with the data of the survivor. Masters that do not answer are left out. */
export async function recoverCluster(ports: Reconciling, cluster: Cluster, survivor: string): Promise<BegunRestore> {
  const looks = await lookAtMasters(ports, cluster)
  admitSurvivor(cluster, survivor, looks)
  return begin(ports, cluster, looks, { source: survivor, backup: null }, () => undefined)
}

function admitSurvivor({ name }: Cluster, survivor: string, looks: readonly Look[]): void {
  const states = looks.flatMap(({ master, answer }) =>
    answer.outcome === 'done' && answer.etcdState ? [{ node: master.name, ...answer.etcdState }] : [],
  )
  const backups = remedy`compare: ${{ do: 'cluster.backup.list', cluster: name }}`
  const whole = states.find(({ hasQuorum }) => hasQuorum)
  if (whole) {
    const found = `etcd of cluster ${name} has a quorum, as ${whole.node} says: there is nothing to recover`
    throw refusal('recover/has-quorum', found, remedy`see: ${{ do: 'cluster.show', cluster: name }}`)
  }
  const own = states.find(({ node }) => node === survivor)
  if (own?.revision === undefined) {
    throw refusal(
      'recover/no-data',
      `${survivor} is not a connected master of cluster ${name} with data of etcd`,
      backups,
    )
  }
  const { revision } = own
  const newer = states.find((each) => (each.revision ?? 0) > revision)
  if (!newer) return
  const found = `${survivor} has revision ${revision}, and ${newer.node} has ${newer.revision}, which is newer`
  throw refusal('recover/older-data', found, backups)
}

/**
 * A master whose power was cut still counts as connected for a while, but it does not answer: an order for it would stay open until it is
 * back. All instructions are committed at once. From then on the masters go on by themselves, also if the controller is away. */
async function begin(
  ports: Reconciling,
  { id, name }: Cluster,
  looks: readonly Look[],
  order: Order,
  admit: (absent: readonly string[]) => void,
): Promise<BegunRestore> {
  await ports.bundles.refresh()
  const answered = new Set(looks.flatMap(({ master, answer }) => (answer.outcome === 'not-yet' ? [] : [master.id])))
  const done = await reconcile(ports, id, (draft) => {
    admitRestore(draft.cluster)
    const situation = situationOf(ports, draft)
    const members = situation.members.filter(isProvisionedMaster)
    const isConnected = ({ node }: Member) => ports.presence.isConnected(node.id)
    const busy = members.find((member) => isConnected(member) && isBusy(member))
    if (busy) {
      const fix = remedy`wait until it ends, or: ${{ do: 'node.logs' }}`
      throw refusal('restore/busy', `node ${busy.node.name} of cluster ${name} is carrying out another run`, fix)
    }
    const isThere = (member: Member) => isConnected(member) && answered.has(member.node.id)
    const absent = members.filter((member) => !isThere(member)).map(({ node }) => node.name)
    admit(absent)
    const present = members.filter(isThere)
    const nodes = present
      .map(({ node }) => node)
      .sort((a, b) => Number(b.name === order.source) - Number(a.name === order.source))
    const restore: RestoreOrder = { id: newId('r'), ...order, nodes: nodes.map((node) => node.name) }
    for (const node of nodes) instructOne(ports, draft, situation, node, restore)
    return { source: order.source, nodes: [...restore.nodes], absent }
  })
  if (!done) throw clusterGone(name)
  return done.result
}

function instructOne(
  { authority, bundles, presence }: Reconciling,
  draft: Draft,
  { cluster, members }: Situation,
  node: Node,
  restore: RestoreOrder,
): void {
  const capabilities = presence.capabilitiesOf(node.id) ?? CAPABILITIES
  const needed = updateNeeded(node, cluster, 'restore-etcd', capabilities)
  if (needed) throw refusalFor(needed)
  const { kubernetesVersion } = cluster.settings
  const bundle = bundles.pick(kubernetesVersion, node.facts?.os.arch ?? 'x64')
  if (!bundle) {
    const found = `there is no bundle of Kubernetes ${kubernetesVersion} for node ${node.name}`
    throw refusal('bundle/none', found, remedy`${{ do: 'bundle.import' }}`)
  }
  const masters = mastersOf(members)
  const endpoint = cluster.endpoint ?? ''
  instruct(authority, draft, cluster, node, {
    role: 'restore-etcd',
    ...{ endpoint, masters, bundle, capabilities, restore },
    repair: true,
  })
}
