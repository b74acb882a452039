import type { Argv } from './argv.ts'

export interface UnitState {
  enabled?: boolean
  active?: boolean
}

/**
 * How a change is taken back. Plain data, for it is written to the ledger before the change is made and must be
 * understood by a later version of the agent. Each kind has one file in src/ledger/undo/ that carries it out.
 */
export type Undo =
  /** A file, link or empty directory that was not there before. With `sha256` a file that a person has edited since is left, and said. */
  | { kind: 'remove-path'; path: string; sha256?: string }
  /**
   * A directory that was not there before, with what came to lie in it. Never crosses a mount or a link. What belongs to
   * another user, and a link that leads out of it, is left and said; not so with `all`, for directories of containers.
   * Of `/var/lib/cni` and `/run/netns`, which container engines share, only what ours recorded there goes: that of the
   * containerd with the root directory `containerd`; without it, what is of the networks that kubernetes-names.ts knows.
   */
  | { kind: 'remove-tree'; path: string; all?: boolean; containerd?: string }
  /** A directory that was there before and was empty: it stays, what came to lie in it goes, with the same exceptions. */
  | { kind: 'empty-directory'; path: string; all?: boolean; containerd?: string }
  /** With `sha256` (of what we wrote) a file that a person has edited since is left, and said. */
  | {
      kind: 'restore-file'
      path: string
      backup: string
      mode: number
      uid: number
      gid: number
      mtimeMs: number
      sha256?: string
    }
  /** As with `restore-file`, a file in its place that is not the one we wrote is left, and said. */
  | { kind: 'restore-link'; path: string; target: string; sha256?: string }
  /** A line that we put into a file of somebody else, who may have written that again since: all else stays. */
  | { kind: 'remove-line'; path: string; line: string }
  /** Permission bits of a file or directory that was there before. Other bits than `written` are left, and said. */
  | { kind: 'restore-mode'; path: string; mode: number; written?: number }
  | { kind: 'unit'; unit: string; before: UnitState }
  | { kind: 'daemon-reload' }
  /** With `written` a value that is another one now is somebody else's: it is left, and said. */
  | { kind: 'sysctl'; key: string; before: string; written?: string }
  | { kind: 'module'; name: string }
  /** As with `sysctl`. */
  | { kind: 'hostname'; before: string; written?: string }
  /**
   * Processes in containers of the given namespace of containerd: its shims, killed by process id. With `socket` those of
   * the one containerd that listens there, in whatever namespace; without it that of /run/containerd.
   */
  | { kind: 'container-processes'; containerdNamespace: string; socket?: string }
  /** Every mount at or below the path, deepest first, but for those that were there before. Of `/run/netns` only itself. */
  | { kind: 'unmount-below'; path: string; spare?: string[] }
  /** Network links by exact name, or as kubernetes-names.ts knows them (`cali*`), but for those that were there before. */
  | { kind: 'remove-links'; names: string[]; spare?: string[] }
  /**
   * Network namespaces of pods (`cni-*`), by what containerd and its plugins recorded, but for those that were there
   * before, and those with a process in them. `containerd` is its root directory, /var/lib/containerd without it.
   */
  | { kind: 'remove-network-namespaces'; names: string[]; spare?: string[]; containerd?: string }
  /**
   * Chains of iptables and ip6tables that kubernetes-names.ts knows by one of these prefixes, and the rules that lead to
   * them; other rules stay. Chains of CNI plugins that serve another network than `networks`, as podman's, stay too. A
   * table of iptables that was not among `tables` before and is empty goes as well.
   */
  | { kind: 'remove-chains'; prefixes: string[]; networks?: string[]; tables?: string[] }
  /** Tables of nftables by name, in the families ip and ip6, but for those that were there before (`ip kube-proxy`). */
  | { kind: 'remove-nft-tables'; names: string[]; spare?: string[] }
  /** control groups by path below each hierarchy (`kubepods`). */
  | { kind: 'remove-cgroups'; names: string[] }
  /** Ports and interfaces that a zone of firewalld has got until the next reload; for good where it was as shipped. */
  | { kind: 'firewalld'; zone: string; ports: string[]; interfaces: string[]; permanent: boolean }
  /** Swap that was on. */
  | { kind: 'swap'; path: string }
  | { kind: 'run'; argv: Argv; why: string }
  | { kind: 'nothing'; because: string }

export type UndoKind = Undo['kind']
