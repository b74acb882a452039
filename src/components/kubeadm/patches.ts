/**
 * Probes of kubeadm's pods look each 10 s, the first time after 10 s, so that a pod which is up is called Ready up to
 * 20 s later. While a container starts they look each second instead; afterwards nothing is changed.
 */
const EACH_SECOND = { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 240 }

const staticPod = (name: string) => ({ spec: { containers: [{ name, startupProbe: EACH_SECOND }] } })

/** Strategic merge patches by kubeadm's name of their target. */
export const patches: Record<string, unknown> = {
  'kube-apiserver': staticPod('kube-apiserver'),
  'kube-controller-manager': staticPod('kube-controller-manager'),
  'kube-scheduler': staticPod('kube-scheduler'),
  corednsdeployment: {
    spec: {
      // A second one has nowhere else to run until there is a second node.
      replicas: 1,
      template: {
        spec: {
          containers: [
            {
              name: 'coredns',
              startupProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' }, ...EACH_SECOND },
            },
          ],
        },
      },
    },
  },
}
