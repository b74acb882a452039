import { DEFAULT_VERSIONS } from '../../../src/bundle/versions/sets.ts'
import type { OperatorReport } from '../../../src/protocol/api/operators.ts'

/** The report of the operator about a healthy cluster. */
export function wellReport(nodes: readonly string[], masters: readonly string[]): OperatorReport {
  const pod = (namespace: string, name: string, node: string) => ({
    ...{ namespace, name, node },
    ...{ ready: true, phase: 'Running', restarts: 0 },
  })
  const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
  return {
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    nodes: nodes.map((name) => ({ name, ready: true, kubeletVersion: DEFAULT_VERSIONS.kubernetes })),
    pods: [
      ...masters.flatMap((node) => controlPlane.map((name) => pod('kube-system', `${name}-${node}`, node))),
      ...nodes.map((node) => pod('kube-system', 'kube-proxy-x8zqk', node)),
      ...nodes.map((node) => pod('kube-flannel', 'kube-flannel-ds-lq4bb', node)),
      pod('kube-system', 'coredns-7d764666f9-2kvh5', nodes[0] ?? ''),
      pod('cantrip-system', 'operator-5b9c4dd56f-jxw7n', nodes[0] ?? ''),
    ],
    dns: true,
  }
}
