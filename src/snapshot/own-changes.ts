import { dirname } from 'node:path/posix'
import { isMarkedByCalico, isPodChain, isPodLink } from '../base/kubernetes-names.ts'
import {
  CNI_CONFIGURATION,
  CNI_PLUGINS,
  CNI_STATE,
  ETCD_CONFIGURATION,
  ETCD_DATA,
  KUBERNETES_DIRECTORIES,
} from '../base/kubernetes-paths.ts'
import { LAYOUTS, ownPrograms } from '../base/layout.ts'
import { POD_NETWORKS, POD_TABLES } from '../base/pod-network-traces.ts'
import { isBelow } from '../host/parse/mountinfo.ts'
import type { Changed, FactKind } from './facts.ts'

/** Other programs write here, too. */
const SHARED_PLACES = [
  ...[ETCD_CONFIGURATION, ETCD_DATA, CNI_STATE, dirname(CNI_CONFIGURATION), dirname(CNI_PLUGINS)],
  ...[...LAYOUTS.map(ownPrograms), '/run/kubelet', '/run/xtables.lock'],
]
const BY_PATH =
  /^(\/(etc|var\/lib|run|var\/log)\/cantrip[^/]*|(\/usr\/local|\/opt)\/bin\/(kube[a-z]*|etcd[a-z]*|crictl|helm|cantrip\S*))(\/|$)|\/90-cantrip|^\/etc\/systemd\/system\/(\S+\/)?(kubelet|etcd|cantrip\S*)\.service(\.d)?(\/|$)/
const PROGRAMS = /\b(kube(let|-[a-z]+)|etcd|flanneld|coredns|calico|cilium|cantrip)\b/
const NFT_TABLES = new RegExp(`\\btable (ip|ip6) (${POD_TABLES.join('|')})\\b`)

/** The ledger has objects of other programs by kind only. They are recognized by the names that those programs' sources fix. */
const BY_NAME: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => isIn(KUBERNETES_DIRECTORIES, what),
  interface: ({ what }) => isPodLink(what),
  address: ({ what }) => isPodLink(what.split(' on ')[1] ?? ''),
  route: ({ before = '', after = '' }) => [before, after].some((way) => isPodLink(/ ?dev (\S+)/.exec(way)?.[1] ?? '')),
  firewall: ({ what }) => isOfPods(what),
  port: ({ before = '', after = '' }) => PROGRAMS.test(`${before} ${after}`),
  cgroup: ({ what }) => /\/(kubepods(\.slice)?|cri-containerd-[0-9a-f]{64}\.scope)$/.test(what),
}

/** If ledger records were lost, changes in places that other programs also use count, too. */
const WITHOUT_RECORDS: Partial<Record<FactKind, (change: Changed) => boolean>> = {
  file: ({ what }) => mayBeOwn(what),
  unit: ({ what }) => /^(kubelet|etcd|cantrip|kubepods|cri-containerd)/.test(what),
  mount: ({ what }) => mayBeOwn(what),
}

/** Whether a change looks like one by Cantrip or by Kubernetes. `isWhole`: the ledger names all files and units. */
export function looksLikeOwnChange(change: Changed, isWhole: boolean): boolean {
  if (BY_NAME[change.kind]?.(change)) return true
  return !isWhole && WITHOUT_RECORDS[change.kind]?.(change) === true
}

function isIn(directories: readonly string[], path: string): boolean {
  return directories.some((directory) => isBelow(path, directory))
}

/** Paths that Cantrip, Kubernetes, etcd and pod networks write to. */
function mayBeOwn(path: string): boolean {
  return isIn(KUBERNETES_DIRECTORIES, path) || isIn(SHARED_PLACES, path) || BY_PATH.test(path)
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
