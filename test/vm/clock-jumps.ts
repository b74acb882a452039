/** Clocks jump by 31, 100 and 400 days: those of the machine, which all of Kubernetes reads too, and of the controller, by libfaketime. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { ClusterHealth, ClusterView } from '../../src/protocol/api/clusters.ts'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import { setOffset } from '../support/testbed/fake-time.ts'
import { boot, exec, execOk, powerCut } from '../support/vm/guest.ts'
import { waitFor } from '../support/wait-for.ts'
import { CLUSTER, type Scene, siteOf } from './scene.ts'

const PAIR = '/etc/cantrip/node.pem'
const UNIT = 'cantrip-agent.service'
const DAY_MS = 86_400_000
/** The emulated machine is about ten times slower than its host. */
const CONNECTED_MS = 240_000
const READY_MS = 900_000
const KUBECTL = ['/usr/local/bin/kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf']

type Shown = ClusterView & { health: ClusterHealth }

export const offsetFileOf = (bed: { directory: string }) => join(bed.directory, 'controller-offset')

/** While all runs: the agent renews its certificate, and the cluster is READY. */
export async function jumpWhileRunning(scene: Scene, days: number): Promise<void> {
  const { guest } = scene
  await execOk(guest, ['timedatectl', 'set-ntp', 'false'])
  // An agent renews at most once in half an hour, even if its clock jumps.
  await execOk(guest, ['systemctl', 'restart', UNIT])
  await connected(scene)
  const before = await execOk(guest, ['cat', PAIR])
  const sinceMs = jumped(scene, days)
  await execOk(guest, ['date', '--utc', '--set', `@${sinceMs / 1000}`])
  const at = performance.now()
  const isAnother = async () => (await execOk(guest, ['cat', PAIR])) !== before || undefined
  await waitFor('another pair', isAnother, { withinMs: CONNECTED_MS, everyMs: 1_000 })
  await connected(scene)
  scene.say(`  renewed and connected after ${secondsSince(at)}`)
  await readyAgain(scene, sinceMs)
  scene.say(`  READY after ${secondsSince(at)}`)
}

/** Machine and controller were off until every certificate had expired. */
export async function bootLater(scene: Scene, days: number): Promise<void> {
  await execOk(scene.guest, ['sync'])
  await powerCut(scene.guest)
  await siteOf(scene).killController()
  const sinceMs = jumped(scene, days)
  const at = performance.now()
  await Promise.all([siteOf(scene).restartController('SIGKILL'), boot(scene.guest, scene.signal)])
  scene.say(`  booted after ${secondsSince(at)}`)
  const clock = Number(await execOk(scene.guest, ['date', '+%s'])) * 1000
  assert(Math.abs(clock - sinceMs) < DAY_MS, 'the machine has booted with the later time')
  await connected(scene)
  scene.say(`  connected after ${secondsSince(at)}`)
  await readyAgain(scene, sinceMs)
  scene.say(`  READY after ${secondsSince(at)}`)
  const old = (await shown(scene)).health.certificates.filter(
    ({ renewedBy, notAfter }) => renewedBy === 'agent' && Date.parse(notAfter) < sinceMs + 20 * DAY_MS,
  )
  assert.deepEqual(old, [], 'certificates that were not renewed')
}

/** Returns what time it is there. */
function jumped({ bed, guest }: Scene, days: number): number {
  setOffset(offsetFileOf(bed), days)
  guest.daysAhead = days
  return Date.now() + days * DAY_MS
}

async function connected(scene: Scene): Promise<void> {
  const isConnected = async () => {
    const rows = await siteOf(scene).json<NodeView[]>('node', 'list')
    return rows.find(({ name }) => name === scene.guest.name)?.connected || undefined
  }
  await waitFor('the agent to be connected', isConnected, { withinMs: CONNECTED_MS, everyMs: 1_000 })
}

const shown = (scene: Scene) => siteOf(scene).json<Shown>('cluster', 'show', CLUSTER)

/** By a report of the operator, and by what the kubelet and the pods say, all of them later than that time. */
async function readyAgain(scene: Scene, sinceMs: number): Promise<void> {
  let last = ''
  const isReady = async () => {
    const { state, health, problems } = await shown(scene)
    last = `${state}, reported at ${health.reportedAt}: ${JSON.stringify(problems)}`
    if (state !== 'READY' || Date.parse(health.reportedAt ?? '') < sinceMs + REPORTED_MS) return undefined
    const nodes = await exec(scene.guest, [...KUBECTL, 'get', 'nodes', '-o', 'json'])
    if (nodes.code !== 0) return undefined
    const [node] = (JSON.parse(nodes.stdout) as { items: KubernetesNode[] }).items
    const ready = node?.status.conditions.find(({ type }) => type === 'Ready')
    last = `${last}; ${JSON.stringify(ready)}`
    return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) > sinceMs ? true : undefined
  }
  await waitFor('READY', isReady, { withinMs: READY_MS, everyMs: 2_000, details: () => last })
  const pods = await execOk(scene.guest, [...KUBECTL, 'get', 'nodes,pods', '-A', '-o', 'wide'])
  scene.say(pods.trimEnd())
  assert.doesNotMatch(pods, / 0\/\d+ /, 'a pod is not Ready')
}

/** A report can be on its way while the clock jumps. */
const REPORTED_MS = 5_000

interface KubernetesNode {
  status: { conditions: { type: string; status: string; lastHeartbeatTime: string }[] }
}

const secondsSince = (at: number) => `${((performance.now() - at) / 1000).toFixed(1)} s`
