import { CLUSTER_NAMESPACES } from '../../protocol/cluster-namespaces.ts'
import type { ProvisionParams } from '../../roles/params.ts'

interface Conditions {
  conditions?: { type: string; status: string }[]
}
export interface NodeObject {
  status: Conditions
}
export interface PodObject {
  metadata: { name: string; namespace: string }
  spec?: { nodeName?: string }
  status: Conditions & { phase?: string }
}

/** They run on whichever node comes first, and the first master waits for them. */
const ADD_ONS: readonly string[] = ['coredns-', 'operator-']

/** What is not Ready, by name; nothing when all is. */
export function waitingFor(
  { node, cluster, task }: Pick<ProvisionParams, 'node' | 'cluster' | 'task'>,
  found: NodeObject | undefined,
  pods: readonly PodObject[],
): string[] {
  const own = pods.filter(
    ({ metadata, spec, status }) =>
      CLUSTER_NAMESPACES.includes(metadata.namespace) &&
      // One that was evicted stays as it is; another one takes its place.
      status.phase !== 'Failed' &&
      ((spec?.nodeName ?? node.name) === node.name || ADD_ONS.some((prefix) => metadata.name.startsWith(prefix))),
  )
  const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
  const wanted = [
    ...(task === 'worker' ? [] : controlPlane.map((name) => `${name}-${node.name}`)),
    'kube-proxy-',
    ...(cluster.cni === 'flannel' ? ['kube-flannel-ds-'] : []),
    // Without a network of ours the node is not Ready either, and its pods wait for who brings one.
    ...(cluster.cni === 'none' || task !== 'first-master' ? [] : ADD_ONS),
  ]
  return [
    ...(cluster.cni === 'none' || isReady(found?.status) ? [] : [`node ${node.name}`]),
    ...wanted.filter((prefix) => !own.some(({ metadata }) => metadata.name.startsWith(prefix))),
    ...own
      .filter(({ status }) => status.phase !== 'Succeeded' && !isReady(status))
      .filter(({ metadata }) => cluster.cni !== 'none' || wanted.some((prefix) => metadata.name.startsWith(prefix)))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  ]
}

function isReady(status: Conditions | undefined): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true
}
