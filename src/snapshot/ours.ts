import { isMarkedByCalico, isPodChain, isPodLink, POD_NETWORKS, POD_TABLES } from '../base/kubernetes-names.ts'
import type { Changed, FactKind } from './facts.ts'

/** Nobody but Kubernetes and its networks writes here: pods, too, by a hostPath. */
const PLACES =
  /^(\/etc\/(kubernetes|calico|cilium|flannel)|\/var\/lib\/(kubelet|calico|cilium)|\/run\/(flannel|calico|cilium)|\/var\/log\/(pods|containers|calico)|\/usr\/libexec\/kubernetes)(\/|$)/
/** Where this program, Kubernetes, etcd and the pod networks write. */
const PATHS =
  /^(\/etc\/(kubernetes|etcd|cni|calico|cilium|flannel|cantrip[^/]*)|\/opt\/cni|\/var\/lib\/(kubelet|etcd|cni|calico|cilium|cantrip[^/]*)|\/run\/(kubelet|flannel|calico|cilium|cantrip[^/]*|xtables\.lock)|\/var\/log\/(pods|containers|calico|cantrip[^/]*)|\/usr\/libexec\/kubernetes|\/usr\/local\/lib\/cantrip|\/usr\/local\/bin\/(kube[a-z]*|etcd[a-z]*|crictl|helm|cantrip\S*))(\/|$)|\/90-cantrip|^\/etc\/systemd\/system\/(\S+\/)?(kubelet|etcd|cantrip\S*)\.service(\.d)?(\/|$)/
const PROGRAMS = /\b(kube(let|-[a-z]+)|etcd|flanneld|coredns|calico|cilium|cantrip)\b/
const NFT_TABLES = new RegExp(`\\btable (ip|ip6) (${POD_TABLES.join('|')})\\b`)

/** What other programs make for us is on record by kind alone: the names that they fix in their sources tell whose it is. */
const BY_NAME: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => PLACES.test(what),
  interface: ({ what }) => isPodLink(what),
  address: ({ what }) => isPodLink(what.split(' on ')[1] ?? ''),
  route: ({ before = '', after = '' }) => [before, after].some((way) => isPodLink(/ ?dev (\S+)/.exec(way)?.[1] ?? '')),
  firewall: ({ what }) => isOfPods(what),
  port: ({ before = '', after = '' }) => PROGRAMS.test(`${before} ${after}`),
  cgroup: ({ what }) => /\/(kubepods(\.slice)?|cri-containerd-[0-9a-f]{64}\.scope)$/.test(what),
}

/** Where records were lost, what lies in places that others use as well counts too. */
const WITHOUT_RECORDS: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => PATHS.test(what),
  unit: ({ what }) => /^(kubelet|etcd|cantrip|kubepods|cri-containerd)/.test(what),
  mount: ({ what }) => PATHS.test(what),
}

/** Does it look like the work of this program, or of the Kubernetes that it brought? `isWhole`: its ledger names all files and units. */
export function looksLikeOurs(change: Changed, isWhole: boolean): boolean {
  if (BY_NAME[change.kind]?.(change)) return true
  return !isWhole && WITHOUT_RECORDS[change.kind]?.(change) === true
}

/** podman has used the same plugins: whose a chain is, what leads to it says in a comment. */
const CNI_CHAIN = /^CNI-/
const OF_OUR_NETWORK = new RegExp(`name: \\\\"(${POD_NETWORKS.join('|')})\\\\" id:`)

/** What stands in a comment is no chain. */
function isOfPods(line: string): boolean {
  if (isMarkedByCalico(line) || NFT_TABLES.test(line) || OF_OUR_NETWORK.test(line)) return true
  const words = line.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return [...words.matchAll(/ (?:chain|-A|-j|-g) ([^\s,]+)/g)].some(
    ([, chain = '']) => isPodChain(chain) && !CNI_CHAIN.test(chain),
  )
}
