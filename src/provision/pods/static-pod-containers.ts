import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { hostPort } from '../../base/net/address.ts'
import { API_PORT } from '../../base/net/api-port.ts'
import { poll } from '../../base/retry.ts'
import { ctr } from '../../host/containerd/pinned-images.ts'
import type { Host, HostView } from '../../host/host.ts'
import { apiAnswers } from '../api/api.ts'
import { hasSharedEndpoint } from '../api/endpoint.ts'
import type { ProvisionParams } from '../params.ts'

const API_SERVER = 'kube-apiserver'
/** The duration can be set by an override; an API server that does not end must not hold up the node. */
const MOST_DELAY_MS = 90_000
const DRAIN_MS = 2_000
const UNDO = { kind: 'nothing', because: 'the kubelet starts containers of its manifests' } as const

type Params = Pick<ProvisionParams, 'cluster' | 'node'>

/** When the newest container of a static pod of this node was created, also one that has exited. */
export async function newestContainerMs(host: HostView, name: string): Promise<number | undefined> {
  const created = await Promise.all((await containersOf(host, [name])).map((id) => createdMs(host, id)))
  return created.flatMap((each) => each ?? []).sort((a, b) => b - a)[0]
}

/** Undefined if the kubelet has removed it in the meantime. */
async function createdMs(host: HostView, id: string): Promise<number | undefined> {
  const { exitCode, stdout } = await host.ask([...ctr(host.layout), 'containers', 'info', id])
  if (exitCode !== 0) return undefined
  return Date.parse((JSON.parse(stdout) as { CreatedAt: string }).CreatedAt)
}

/** The ids of the containers of these static pods that have a process. */
export async function runningContainers(host: HostView, names: readonly string[]): Promise<string[]> {
  const ids = await containersOf(host, names)
  if (ids.length === 0) return []
  const { stdout } = await host.ask([...ctr(host.layout), 'tasks', 'list'])
  const tasks = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  const alive = new Set(tasks.flatMap(([id, , status]) => (/^(RUNNING|CREATED)$/.test(status ?? '') ? [id] : [])))
  return ids.filter((id) => alive.has(id))
}

/** Ends the processes of these static pods. The kubelet, if it runs, starts others. An API server gets the time to leave, if there may be others. */
export async function endStaticPods(
  host: Host,
  params: Params,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (names.includes(API_SERVER) && hasSharedEndpoint(params)) await letApiServerLeave(host, params, signal)
  await killStaticPods(host, names, signal)
}

/** An API server that is only asked to end closes its port, but lives for its grace period of 30 s, because clients watch. */
export async function killStaticPods(host: Host, names: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of await containersOf(host, names)) await kill(host, id, 'SIGKILL', signal)
}

/**
 * After SIGTERM it says that it is not ready, but serves for its --shutdown-delay-duration. Meanwhile the node DNS or the load
 * balancer passes it over. Then it closes its port, and answers what it has begun.
 */
async function letApiServerLeave(host: Host, params: Params, signal: AbortSignal): Promise<void> {
  for (const id of await runningContainers(host, [API_SERVER])) await kill(host, id, 'SIGTERM', signal)
  if (host.isDryRun) return
  const until = (withinMs: number, isSo: () => Promise<boolean>) =>
    poll({ firstMs: 250, withinMs }, async () => (await isSo()) || undefined, { clock: host, signal })
  await until(MOST_DELAY_MS, async () => !(await apiAnswers(host, hostPort(params.node.address, API_PORT))))
  await until(DRAIN_MS, async () => (await runningContainers(host, [API_SERVER])).length === 0)
}

/** One that has ended in the meantime is no error. */
async function kill(host: Host, id: string, name: 'SIGTERM' | 'SIGKILL', signal: AbortSignal): Promise<void> {
  await host.run([...ctr(host.layout), 'tasks', 'kill', '--signal', name, id], UNDO, { signal, okCodes: [0, 1] })
}

/** By the labels that the kubelet gives to containers. */
async function containersOf(host: HostView, names: readonly string[]): Promise<string[]> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return []
  const label = (name: string, value: string) => `labels."io.kubernetes.${name}"==${value}`
  const filters = names.map((name) => `${label('container.name', name)},${label('pod.namespace', 'kube-system')}`)
  const { stdout } = await host.ask([...ctr(host.layout), 'containers', 'list', '--quiet', ...filters])
  return stdout.split('\n').filter(Boolean)
}
