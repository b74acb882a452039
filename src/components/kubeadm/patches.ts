import type { NodeParams } from '../../protocol/wire/instruction.ts'

/**
 * kubeadm's startup probes run every 10 s, the first one after 10 s, and a kubelet that has just started adds a delay of up to
 * one period: a pod becomes Ready up to 20 s late. With this patch the probes run every second while a container starts.
 */
const EVERY_SECOND = { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 240 }

const staticPod = (name: string) => ({ spec: { containers: [{ name, startupProbe: EVERY_SECOND }] } })

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

/** Strategic merge patches, by kubeadm's name of the target. */
export function patchesFor({ masters }: Pick<NodeParams['cluster'], 'masters'>): Record<string, unknown> {
  return {
    'kube-apiserver': staticPod('kube-apiserver'),
    'kube-controller-manager': staticPod('kube-controller-manager'),
    'kube-scheduler': staticPod('kube-scheduler'),
    corednsdeployment: {
      spec: {
        // With one master, a second replica has no other node to run on until a second node joins.
        replicas: masters.length > 1 ? 2 : 1,
        template: {
          spec: { tolerations: TOLERATIONS, containers: [{ name: 'coredns', readinessProbe: READINESS }] },
        },
      },
    },
  }
}
