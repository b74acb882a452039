import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { Host } from '../../host/host.ts'

const CTR = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io'] as const
const UNDO = { kind: 'nothing', because: 'the kubelet starts containers of its manifests' } as const
/** The container has ended in the meantime. */
const ENDED = 1

/** Kills the processes of these containers of this node, without their time of grace. */
export async function endContainers(
  host: Host,
  namespace: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const label = (name: string, value: string) => `labels."io.kubernetes.${name}"==${value}`
  const filters = names.map((name) => `${label('pod.namespace', namespace)},${label('container.name', name)}`)
  const { stdout } = await host.ask([...CTR, 'containers', 'list', '--quiet', ...filters])
  for (const id of stdout.split('\n').filter(Boolean)) {
    await host.run([...CTR, 'tasks', 'kill', '--signal', 'SIGKILL', id], UNDO, { signal, okCodes: [0, ENDED] })
  }
}
