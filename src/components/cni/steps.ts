import { AgentError } from '../../base/agent-error.ts'
import { FLANNEL_STATE } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { readApi } from '../../provision/api/api.ts'
import { applyManifest } from '../../provision/api/kubectl.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchAddOns, watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { MANIFEST_ANNOTATION, type Network, render } from './render.ts'

interface DaemonSet {
  metadata: { annotations?: Record<string, string> }
  status?: { desiredNumberScheduled?: number; numberReady?: number }
}

const DAEMON_SET: Record<Network, string> = {
  flannel: '/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds',
  calico: '/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node',
  cilium: '/apis/apps/v1/namespaces/kube-system/daemonsets/cilium',
}

/** Prefixes of NAMESPACE/NAME. */
const POD: Record<Network, string> = {
  flannel: 'kube-flannel/kube-flannel-ds-',
  calico: 'kube-system/calico-node-',
  cilium: 'kube-system/cilium-',
}

export const applyNetwork: ProvisionStep = {
  id: 'cni/apply',
  title: 'Applying the pod network',
  async isDone(host, params) {
    const applied = await readApi<DaemonSet>(host, params, DAEMON_SET[networkOf(params)])
    const file = params.bundleStore.file('manifest', `${params.cluster.cni}.yaml`)
    return applied?.metadata.annotations?.[MANIFEST_ANNOTATION] === identityOf(file.sha256, params)
  },
  async apply(host, params, context) {
    const network = networkOf(params)
    const file = params.bundleStore.file('manifest', `${network}.yaml`)
    const path = await params.bundleStore.fetch(host, file, undefined, context.signal)
    const manifest = (await host.read(path)) ?? ''
    const rendered = await render(network, manifest, {
      podSubnet: params.cluster.podSubnet,
      endpoint: params.cluster.endpoint,
      identity: identityOf(file.sha256, params),
    })
    await applyManifest(host, params, rendered, context)
  },
}

export const awaitNetwork: ProvisionStep = {
  id: 'cni/await',
  title: 'Waiting for the pod network',
  isDone: (host, params) => networkIsUp(host, params),
  async apply(host, params, { signal }) {
    const timeoutMs = 300_000
    const network = networkOf(params)
    const failure = async () =>
      new AgentError('cni/not-up', `${network} did not come up on this node within ${timeoutMs / 1000} s`, {
        fix: `see the reason in the log of ${network}'s pod (kubectl get pods -A -o wide, then kubectl logs); then provision again`,
      })
    const watches = [...watchControlPlane(params), watchAddOns([POD[network]])]
    await waitUntil(host, () => networkIsUp(host, params), { signal, timeoutMs, failure, watches })
  },
}

async function networkIsUp(host: HostView, params: ProvisionParams): Promise<boolean> {
  // flannel writes the file that its CNI plugin reads; that is earlier than the status of the DaemonSet.
  if (params.cluster.cni === 'flannel') return (await host.stat(`${FLANNEL_STATE}/subnet.env`)) !== undefined
  const status = (await readApi<DaemonSet>(host, params, DAEMON_SET[networkOf(params)]))?.status
  const wanted = status?.desiredNumberScheduled ?? 0
  return wanted > 0 && status?.numberReady === wanted
}

/** Changes whenever the rendered manifest changes. */
function identityOf(manifestSha256: string, params: ProvisionParams): string {
  return `${manifestSha256.slice(0, 16)} ${params.cluster.podSubnet} ${params.cluster.endpoint}`
}

function networkOf({ cluster }: ProvisionParams): Network {
  if (cluster.cni === 'none') throw new Error('a cluster with cni none has no such step')
  return cluster.cni
}
