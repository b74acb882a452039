import { isBelow } from '../host/parse/mountinfo.ts'
import type { Changed, FactKind } from './facts.ts'

/** Where this program, Kubernetes, containerd, etcd and the pod networks write, whether the ledger names it or not. */
const PATHS =
  /^(\/etc\/(kubernetes|etcd|containerd|cni|calico|cilium|flannel|cantrip[^/]*)|\/opt\/(cni|containerd|nri)|\/var\/lib\/(kubelet|etcd|containerd|cni|calico|cilium|cantrip[^/]*)|\/run\/(kubelet|containerd|nri|flannel|calico|cilium|cantrip[^/]*|xtables\.lock)|\/var\/log\/(pods|containers|calico|cantrip[^/]*)|\/usr\/libexec\/kubernetes|\/usr\/local\/bin\/(kube[a-z]*|etcd[a-z]*|containerd[-\w]*|ctr|runc|crictl|helm|cantrip\S*))(\/|$)|\/90-cantrip|^\/etc\/systemd\/system\/(\S+\/)?(kubelet|etcd|containerd|cantrip\S*)\.service(\.d)?(\/|$)/
const PROGRAMS = /\b(kube(let|-[a-z]+)|etcd|containerd|flanneld|coredns|calico|cilium|cantrip)\b/
const LINKS = /^(cni0|flannel[.-]\S+|kube-\S+|cilium_\S+|lxc\S+|cali\S+|tunl0|vxlan\.calico)$/
const CHAINS = /\b(KUBE|CNI|FLANNEL|CILIUM|cali)[-_]|\btable \w+ (kube-proxy|flannel-\S+)/

const OURS: Record<FactKind, (change: Changed) => boolean> = {
  file: ({ what }) => PATHS.test(what),
  unit: ({ what }) => /^(kubelet|etcd|containerd|cantrip|kubepods|cri-containerd)/.test(what),
  mount: ({ what }) => PATHS.test(what) || isBelow(what, '/run/netns'),
  interface: ({ what, after = '' }) => LINKS.test(what) || (/^veth/.test(what) && !after.includes(' in ')),
  address: ({ what }) => LINKS.test(what.split(' on ')[1] ?? ''),
  route: ({ before = '', after = '' }) => / dev (cni0|flannel\S*|cali\S*|tunl0|cilium\S*)/.test(` ${before} ${after}`),
  // What stands in a comment is no chain.
  firewall: ({ what }) => CHAINS.test(what.replace(/"(?:[^"\\]|\\.)*"/g, '')),
  sysctl: () => false,
  module: () => false,
  hostname: () => false,
  user: ({ what }) => /^(group )?(kube|etcd|cantrip)/.test(what),
  port: ({ before = '', after = '' }) => PROGRAMS.test(`${before} ${after}`),
  cgroup: ({ what }) => /\/(kubepods|cri-containerd)[^/]*$/.test(what),
}

/** Does it look like the work of this program, or of the Kubernetes that it brought? */
export function looksLikeOurs(change: Changed): boolean {
  return OURS[change.kind](change)
}
