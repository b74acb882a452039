import { CONTAINERD, KUBELET_UNIT } from '../../../base/kubernetes-paths.ts'
import type { Argv } from '../../../host/argv.ts'
import type { Host, HostView } from '../../../host/host.ts'
import { isUnitActive } from '../../../host/units/is-unit-active.ts'
import { peerUrlOf } from '../../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../../provision/params.ts'
import type { ProvisionStep } from '../../../provision/provision.ts'
import { isFounder, orderOf, restoredMembership } from './founder.ts'

const CTR: Argv = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io']
/** Each keeps a cache of what was in etcd. */
const NAMES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
const AGAIN = { kind: 'nothing', because: 'it is started again, and undone with the files that start it' } as const

/** Without the kubelet nothing starts the API server again. Containers of users go on. */
export const stopControlPlane: ProvisionStep = {
  id: 'etcd/stop-control-plane',
  title: 'Stopping the kubelet and the API server',
  async isDone(host, params) {
    if (await hasData(host, params)) return true
    return !(await isUnitActive(host, KUBELET_UNIT)) && (await running(host)).length === 0
  },
  async apply(host, _params, { signal }) {
    if (await isUnitActive(host, KUBELET_UNIT)) await host.run(['systemctl', 'stop', KUBELET_UNIT], AGAIN, { signal })
    for (const id of await running(host)) await kill(host, id, signal)
  },
}

/** Whether this node has the restored data already: then the API server may have been started again. */
async function hasData(host: HostView, params: ProvisionParams): Promise<boolean> {
  if (orderOf(params).source === params.node.name) return isFounder(host, params)
  const own = (await restoredMembership(host, params))?.members.find(
    ({ peerUrl }) => peerUrl === peerUrlOf(params.node.address),
  )
  return own !== undefined && own.name !== ''
}

/** The ids of the containers of the control plane that have a process. */
async function running(host: HostView): Promise<string[]> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return []
  const filters = NAMES.map((name) => `labels."io.kubernetes.container.name"==${name}`)
  const [named, tasks] = await Promise.all([
    host.ask([...CTR, 'containers', 'list', '--quiet', ...filters]),
    host.ask([...CTR, 'tasks', 'list']),
  ])
  const alive = new Set(
    tasks.stdout.split('\n').flatMap((line) => (/ RUNNING\s*$/.test(line) ? [line.split(/\s+/)[0]] : [])),
  )
  return named.stdout.split('\n').filter((id) => id !== '' && alive.has(id))
}

/** At once: an API server that is asked to end waits 30 s for its clients. One that has ended meanwhile is no error. */
async function kill(host: Host, id: string, signal: AbortSignal): Promise<void> {
  await host.run([...CTR, 'tasks', 'kill', '--signal', 'SIGKILL', id], AGAIN, { signal, okCodes: [0, 1] })
}
