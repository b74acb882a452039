import type { NodeParams } from '../../protocol/wire/instruction.ts'

/**
 * A startup probe of kubeadm looks each 10 s, the first time after 10 s, and kubelet puts up to one period before that
 * while it is young: a pod that is up is called Ready up to 20 s later. While a container starts it looks each second.
 */
const EACH_SECOND = { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 240 }

const staticPod = (name: string) => ({ spec: { containers: [{ name, startupProbe: EACH_SECOND }] } })

/** The same for CoreDNS, which has no startup probe; it is still given 30 s before it counts as not ready. */
const READINESS = { periodSeconds: 1, failureThreshold: 30 }

/** kubeadm's own, which this list replaces, and nodes under pressure: kubelet starts it there, for it is critical. */
const TOLERATIONS = [
  { key: 'CriticalAddonsOnly', operator: 'Exists' },
  ...[
    'node-role.kubernetes.io/control-plane',
    'node.kubernetes.io/disk-pressure',
    'node.kubernetes.io/memory-pressure',
    'node.kubernetes.io/pid-pressure',
  ].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
]

/** Strategic merge patches by kubeadm's name of their target. */
export function patchesFor({ masters }: Pick<NodeParams['cluster'], 'masters'>): Record<string, unknown> {
  return {
    'kube-apiserver': staticPod('kube-apiserver'),
    'kube-controller-manager': staticPod('kube-controller-manager'),
    'kube-scheduler': staticPod('kube-scheduler'),
    corednsdeployment: {
      spec: {
        // A second one has nowhere else to run until there is a second node; with several masters there will be.
        replicas: masters.length > 1 ? 2 : 1,
        template: {
          spec: { tolerations: TOLERATIONS, containers: [{ name: 'coredns', readinessProbe: READINESS }] },
        },
      },
    },
  }
}
