import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { readApi } from '../../provision/api/api.ts'
import { kubectl } from '../../provision/api/kubectl.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'
/** Service controllers of clouds and MetalLB skip nodes with this label. kubeadm sets it on every control plane node. */
const NO_LOAD_BALANCER = 'node.kubernetes.io/exclude-from-external-load-balancers'

interface NodeObject {
  metadata: { labels?: Record<string, string> }
  spec: { taints?: { key: string; effect: string }[] }
}

export const markControlPlane: ProvisionStep = {
  id: 'node/mark-control-plane',
  title: 'Marking the node as control plane',
  async isDone(host, params) {
    const found = await readNode(host, params)
    if (found?.metadata.labels?.[CONTROL_PLANE] === undefined) return false
    return !params.cluster.dedicatedMasters || isTainted(found)
  },
  async apply(host, params, context) {
    const timeoutMs = 300_000
    const failure = async () =>
      new AgentError(
        'node/not-registered',
        `${params.node.name} did not register in the cluster within ${timeoutMs / 1000} s`,
        {
          fix: 'see the reason in: journalctl -u kubelet; then provision again',
        },
      )
    const watches = watchControlPlane(params, ['kube-apiserver'])
    const isRegistered = async () => (await readNode(host, params)) !== undefined
    await waitUntil(host, isRegistered, { signal: context.signal, timeoutMs, failure, watches })
    await kubeadmPhase(host, ['mark-control-plane'], WITH_ETCD, context)
  },
}

/** kubeadm is configured without taints; the step is for a cluster that had dedicated masters before. */
export const removeTaint: ProvisionStep = {
  id: 'node/remove-taint',
  title: 'Allowing pods on the control plane',
  async isDone(host, params) {
    const found = await readNode(host, params)
    return found !== undefined && !isTainted(found)
  },
  async apply(host, params, { signal }) {
    if (host.isDryRun && (await readNode(host, params)) === undefined) return
    await kubectl(host, params, ['taint', 'node', params.node.name, `${CONTROL_PLANE}:NoSchedule-`], { signal })
  },
}

/** On a master that also runs pods, load balancers may forward to them. */
export const serveLoadBalancers: ProvisionStep = {
  id: 'node/serve-load-balancers',
  title: 'Allowing load balancers to use the node',
  async isDone(host, params) {
    // The configured labels of the node can set it on purpose.
    if (params.node.labels[NO_LOAD_BALANCER] !== undefined) return true
    const found = await readNode(host, params)
    return found !== undefined && found.metadata.labels?.[NO_LOAD_BALANCER] === undefined
  },
  async apply(host, params, { signal }) {
    await kubectl(host, params, ['label', 'node', params.node.name, `${NO_LOAD_BALANCER}-`], { signal })
  },
}

function readNode(host: HostView, params: ProvisionParams): Promise<NodeObject | undefined> {
  return readApi<NodeObject>(host, params, `/api/v1/nodes/${params.node.name}`)
}

function isTainted({ spec }: NodeObject): boolean {
  return spec.taints?.some(({ key, effect }) => key === CONTROL_PLANE && effect === 'NoSchedule') === true
}
