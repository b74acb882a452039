import { isMarkedByCalico, isPodChain, isPodLink, POD_NETWORKS, POD_TABLES } from '../base/kubernetes-names.ts'
import type { Changed, FactKind } from './facts.ts'

/** Only Kubernetes and its networks write here, and pods with a hostPath. */
const PLACES =
  /^(\/etc\/(kubernetes|calico|cilium|flannel)|\/var\/lib\/(kubelet|calico|cilium)|\/run\/(flannel|calico|cilium)|\/var\/log\/(pods|containers|calico)|\/usr\/libexec\/kubernetes)(\/|$)/
/** Paths that Cantrip, Kubernetes, etcd and pod networks write to. */
const PATHS =
  /^(\/etc\/(kubernetes|etcd|cni|calico|cilium|flannel|cantrip[^/]*)|\/opt\/cni|\/var\/lib\/(kubelet|etcd|cni|calico|cilium|cantrip[^/]*)|\/run\/(kubelet|flannel|calico|cilium|cantrip[^/]*|xtables\.lock)|\/var\/log\/(pods|containers|calico|cantrip[^/]*)|\/usr\/libexec\/kubernetes|\/usr\/local\/lib\/cantrip|\/usr\/local\/bin\/(kube[a-z]*|etcd[a-z]*|crictl|helm|cantrip\S*))(\/|$)|\/90-cantrip|^\/etc\/systemd\/system\/(\S+\/)?(kubelet|etcd|cantrip\S*)\.service(\.d)?(\/|$)/
const PROGRAMS = /\b(kube(let|-[a-z]+)|etcd|flanneld|coredns|calico|cilium|cantrip)\b/
const NFT_TABLES = new RegExp(`\\btable (ip|ip6) (${POD_TABLES.join('|')})\\b`)

/** The ledger has objects of other programs by kind only. They are recognized by the names that those programs' sources fix. */
const BY_NAME: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => PLACES.test(what),
  interface: ({ what }) => isPodLink(what),
  address: ({ what }) => isPodLink(what.split(' on ')[1] ?? ''),
  route: ({ before = '', after = '' }) => [before, after].some((way) => isPodLink(/ ?dev (\S+)/.exec(way)?.[1] ?? '')),
  firewall: ({ what }) => isOfPods(what),
  port: ({ before = '', after = '' }) => PROGRAMS.test(`${before} ${after}`),
  cgroup: ({ what }) => /\/(kubepods(\.slice)?|cri-containerd-[0-9a-f]{64}\.scope)$/.test(what),
}

/** If ledger records were lost, changes in places that other programs also use count, too. */
const WITHOUT_RECORDS: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => PATHS.test(what),
  unit: ({ what }) => /^(kubelet|etcd|cantrip|kubepods|cri-containerd)/.test(what),
  mount: ({ what }) => PATHS.test(what),
}

/** Whether a change looks like one by Cantrip or by Kubernetes. `isWhole`: the ledger names all files and units. */
export function looksLikeOwnChange(change: Changed, isWhole: boolean): boolean {
  if (BY_NAME[change.kind]?.(change)) return true
  return !isWhole && WITHOUT_RECORDS[change.kind]?.(change) === true
}

/** podman used the same plugins. The comment of the rule that jumps to a chain names its network. */
const CNI_CHAIN = /^CNI-/
const OF_POD_NETWORK = new RegExp(`name: \\\\"(${POD_NETWORKS.join('|')})\\\\" id:`)

/** Ignores chain names in comments. */
function isOfPods(line: string): boolean {
  if (isMarkedByCalico(line) || NFT_TABLES.test(line) || OF_POD_NETWORK.test(line)) return true
  const words = line.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return [...words.matchAll(/ (?:chain|-A|-j|-g) ([^\s,]+)/g)].some(
    ([, chain = '']) => isPodChain(chain) && !CNI_CHAIN.test(chain),
  )
}
