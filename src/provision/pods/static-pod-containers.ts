import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'

const CTR = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io'] as const

export interface StaticPodContainer {
  id: string
  createdMs: number
}

/** The newest container of a static pod of kube-system on this node, also one that has exited. @param name of the container */
export async function newestContainer(host: HostView, name: string): Promise<StaticPodContainer | undefined> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return undefined
  // The labels that the kubelet gives to containers.
  const filter = `labels."io.kubernetes.container.name"==${name},labels."io.kubernetes.pod.namespace"==kube-system`
  const { stdout } = await host.ask([...CTR, 'containers', 'list', '--quiet', filter])
  const ids = stdout.split('\n').filter(Boolean)
  const found = await Promise.all(ids.map((id) => containerOf(host, id)))
  return found.flatMap((one) => (one ? [one] : [])).sort((a, b) => b.createdMs - a.createdMs)[0]
}

/** Undefined if the kubelet has removed it in the meantime. */
async function containerOf(host: HostView, id: string): Promise<StaticPodContainer | undefined> {
  const { exitCode, stdout } = await host.ask([...CTR, 'containers', 'info', id])
  if (exitCode !== 0) return undefined
  const { CreatedAt } = JSON.parse(stdout) as { CreatedAt: string }
  return { id, createdMs: Date.parse(CreatedAt) }
}

/** Ends a container at once. One that has exited is left as it is. The kubelet, if it runs, starts another one. */
export async function killContainer(host: Host, { id }: StaticPodContainer, signal: AbortSignal): Promise<void> {
  const undo = { kind: 'nothing', because: 'the kubelet starts another container' } as const
  await host.run([...CTR, 'tasks', 'kill', '--signal', 'SIGKILL', id], undo, { signal, okCodes: [0, 1] })
}
