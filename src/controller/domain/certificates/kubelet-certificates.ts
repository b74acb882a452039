import type { NodeParams } from '../../../protocol/wire/instruction.ts'
import { type ClusterData, lastRunIn, present } from '../draft.ts'
import type { Node } from '../records.ts'

type Mode = NonNullable<NodeParams['cluster']['kubeletCertificates']>

/**
 * What the next instruction in this cluster says of the serving certificates of its kubelets. While a kubelet has one that it signed
 * itself, the API servers must not verify them, or `kubectl logs` fails for that node; and the kubelets change only if the operator
 * approves their requests. Undefined: all remains as it is.
 */
export function kubeletCertificatesIn(data: ClusterData): Mode | undefined {
  if (!present(data).some((node) => signsItself(data, node))) return 'verified'
  return data.cluster.report?.approvesServing === true ? 'issued' : undefined
}

function signsItself(data: ClusterData, { id, facts }: Node): boolean {
  const found = facts?.certificates?.find(({ name }) => name === 'kubelet-serving')
  if (found !== undefined) return found.renewedBy !== 'kubelet'
  // It has none yet, or has not reported it: what it was told counts. A worker does what the configuration in the cluster says.
  const told = lastRunIn(data, id, ({ repair }) => !repair)
  const isMaster = told?.role === 'first-master' || told?.role === 'master'
  return isMaster && !told.payload.includes('"kubeletCertificates":')
}
