import { command } from '../../base/command.ts'
import { MOST_KUBELET_SKEW, minorsAhead } from '../../protocol/kubernetes-version.ts'
import type { UpgradeFinding } from '../../protocol/wire/operation.ts'
import { blocks, warns } from './finding.ts'

/** The part of a Node that a preflight looks at. */
export interface KubernetesNode {
  metadata: { name: string; labels?: Record<string, string> }
  status?: {
    conditions?: { type: string; status: string; message?: string }[]
    addresses?: { type: string; address: string }[]
    nodeInfo?: { kubeletVersion?: string }
  }
}

export const isMaster = ({ metadata }: KubernetesNode) =>
  metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined

export const addressOf = ({ status }: KubernetesNode) =>
  status?.addresses?.find(({ type }) => type === 'InternalIP')?.address

export function nodeFindings(node: KubernetesNode, version: string): UpgradeFinding[] {
  return [readiness(node), kubeletSkew(node, version)].flatMap((each) => each ?? [])
}

/** A worker that is away is upgraded when it is back; a master that is away could be needed. */
function readiness(node: KubernetesNode): UpgradeFinding | undefined {
  const { name } = node.metadata
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'True') return undefined
  const found = `node ${name} is not Ready: ${ready?.message || 'its kubelet does not report'}`
  const fix = `see why, and repair it: ${command`kubectl describe node ${name}`}`
  return isMaster(node)
    ? blocks('upgrade/master-not-ready', `${found}; wanted all masters Ready`, fix)
    : warns('upgrade/node-not-ready', found, fix)
}

function kubeletSkew(node: KubernetesNode, version: string): UpgradeFinding | undefined {
  const { name } = node.metadata
  const kubelet = node.status?.nodeInfo?.kubeletVersion ?? ''
  const ahead = minorsAhead(kubelet, version)
  if (ahead > MOST_KUBELET_SKEW) {
    const message = `the kubelet of ${name} is ${kubelet}, ${ahead} minor versions older than ${version}; wanted at most ${MOST_KUBELET_SKEW}`
    return blocks('upgrade/kubelet-too-old', message, `first upgrade ${name}, or remove it from the cluster`)
  }
  if (ahead < 0) {
    const message = `the kubelet of ${name} is ${kubelet}, newer than ${version}; wanted no kubelet newer than the API server`
    return blocks('upgrade/kubelet-too-new', message, `upgrade to the minor version of ${kubelet} or a later one`)
  }
  return undefined
}
