import { type Layout, STANDARD, volumePlugins } from '../../base/layout.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { CONFIGURATION_ANNOTATION, identityOf } from '../../provision/kubeadm/identity.ts'
import { isMapping, type Mapping } from '../../provision/kubeadm/overrides.ts'
import { CONTROL_PLANE } from '../../provision/kubeadm/static-pods.ts'

/**
 * kubeadm's startup probes run every 10 s, the first one after 10 s, and a kubelet that has just started adds a delay of up to
 * one period: a pod becomes Ready up to 20 s late. With this patch the probes run every second while a container starts.
 */
const EVERY_SECOND = { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 240 }

const identified = (parameters: unknown) => ({
  metadata: { annotations: { [CONFIGURATION_ANNOTATION]: identityOf(parameters) } },
})

/**
 * kubeadm's volume for plugins is a directory of the host below /usr, which the kubelet creates. Only the place on the host differs: the
 * configuration of the cluster is the same for all masters.
 */
const volumesOf = (name: string, layout: Layout) =>
  name === 'kube-controller-manager' && layout !== STANDARD
    ? { volumes: [{ name: 'flexvolume-dir', hostPath: { path: volumePlugins(layout), type: 'DirectoryOrCreate' } }] }
    : {}

const staticPod = (name: string, layout: Layout) => ({
  spec: { containers: [{ name, startupProbe: EVERY_SECOND }], ...volumesOf(name, layout) },
})

/** The same for CoreDNS, which has no startup probe. It still becomes unready only after 30 s of failures. */
const READINESS = { periodSeconds: 1, failureThreshold: 30 }

/** The list replaces kubeadm's. It adds nodes under pressure, where the kubelet still starts critical pods. */
const TOLERATIONS = [
  { key: 'CriticalAddonsOnly', operator: 'Exists' },
  ...[
    'node-role.kubernetes.io/control-plane',
    'node.kubernetes.io/disk-pressure',
    'node.kubernetes.io/memory-pressure',
    'node.kubernetes.io/pid-pressure',
  ].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
]

/** Of the ClusterConfiguration, what CoreDNS depends on: it is the same on all masters. */
const OF_COREDNS = ['kubernetesVersion', 'imageRepository', 'dns', 'networking']

/**
 * Strategic merge patches, by kubeadm's name of the target. Each has the identity of what kubeadm writes with it.
 *
 * @param documents kubeadm's configuration
 */
export function patchesFor(
  layout: Layout,
  { masters }: Pick<NodeParams['cluster'], 'masters'>,
  documents: readonly Mapping[],
): Record<string, unknown> {
  const cluster = documents.find(({ kind }) => kind === 'ClusterConfiguration')
  const ofStaticPods = cluster && withoutEndpoint(cluster)
  const own = documents.find(({ kind }) => kind === 'InitConfiguration')?.localAPIEndpoint
  // With one master, a second replica has no other node to run on until a second node joins.
  const replicas = masters.length > 1 ? 2 : 1
  const ofCoreDns = [OF_COREDNS.map((name) => cluster?.[name]), TOLERATIONS, READINESS, replicas]
  return {
    ...Object.fromEntries(
      CONTROL_PLANE.map((name) => {
        const pod = staticPod(name, layout)
        return [name, { ...identified([ofStaticPods, own, pod]), ...pod }]
      }),
    ),
    corednsdeployment: {
      ...identified(ofCoreDns),
      spec: {
        replicas,
        template: {
          spec: { tolerations: TOLERATIONS, containers: [{ name: 'coredns', readinessProbe: READINESS }] },
        },
      },
    },
  }
}

/**
 * The static pods have neither the endpoint of the API nor the names of its certificate, which the API server reads again when it
 * changes: so it is not restarted for them.
 */
function withoutEndpoint({ controlPlaneEndpoint: _, apiServer, ...rest }: Mapping): Mapping {
  if (!isMapping(apiServer)) return rest
  const { certSANs: __, ...others } = apiServer
  return { ...rest, apiServer: others }
}
