/** Of Kubernetes' own labels those that a kubelet is let give itself (NodeRestriction), and does not give by itself. */
const GRANTED = /(^|\.)(kubelet|node)\.kubernetes\.io\/|^topology\.kubernetes\.io\/(zone|region)$/
const OF_KUBERNETES = /(^|\.)(kubernetes|k8s)\.io\//

/** With any other kubelet would not start. */
export function mayGiveItself(key: string): boolean {
  return GRANTED.test(key) || !OF_KUBERNETES.test(key)
}

/** What to do about the others, for nothing that a worker has would do: no access to the cluster but as its kubelet. */
export function labelsLeft(name: string, labels: Readonly<Record<string, string>>): string | undefined {
  const left = Object.entries(labels).filter(([key]) => !mayGiveItself(key))
  if (left.length === 0) return undefined
  const pairs = left.map(([key, value]) => `${key}=${value}`).join(' ')
  return `labels that a worker may not give itself are left out; on a master: kubectl label node ${name} ${pairs}`
}
