import type { Argv } from './argv.ts'

export interface UnitState {
  enabled?: boolean
  active?: boolean
}

/**
 * How a change is undone. Plain data, because it is written to the ledger before the change, and later versions of the agent
 * must be able to read it. Each kind is carried out by one file in src/ledger/undo/.
 */
export type Undo =
  /** A file, link or empty directory that did not exist before. With `sha256`, a file that was edited since is kept and reported. */
  | { kind: 'remove-path'; path: string; sha256?: string }
  /**
   * A directory that did not exist before, with its contents. Never crosses a mount or follows a link. Files of other users,
   * and links that lead out of it, are kept and reported, except with `all`, for directories of containers. In
   * `/var/lib/cni` and `/run/netns`, which container engines share, only entries of this cluster are removed: those of the
   * containerd with the root directory `containerd`; without it, those of the networks in kubernetes-names.ts.
   */
  | { kind: 'remove-tree'; path: string; all?: boolean; containerd?: string }
  /** A directory that existed and was empty: it stays, its contents are removed, with the same exceptions. */
  | { kind: 'empty-directory'; path: string; all?: boolean; containerd?: string }
  /** With `sha256` (of the written content), a file that was edited since is kept and reported. */
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
  /** As with `restore-file`, another file in its place is kept and reported. */
  | { kind: 'restore-link'; path: string; target: string; sha256?: string }
  /** A line that was added to a file of another program, which may have rewritten the file since. Other lines stay. */
  | { kind: 'remove-line'; path: string; line: string }
  /** Permission bits of a file or directory that existed before. A mode other than `written` is kept and reported. */
  | { kind: 'restore-mode'; path: string; mode: number; written?: number }
  | { kind: 'unit'; unit: string; before: UnitState }
  | { kind: 'daemon-reload' }
  /** With `written`, a value that was changed since is kept and reported. */
  | { kind: 'sysctl'; key: string; before: string; written?: string }
  | { kind: 'module'; name: string }
  /** As with `sysctl`. */
  | { kind: 'hostname'; before: string; written?: string }
  /**
   * Processes in containers of this containerd namespace, with their shims. With `socket`: those of the containerd with this
   * socket, in any namespace; without it, that of /run/containerd.
   */
  | { kind: 'container-processes'; containerdNamespace: string; socket?: string }
  /** Every mount at or below the path, deepest first, except those that existed before. Of `/run/netns`, only itself. */
  | { kind: 'unmount-below'; path: string; spare?: string[] }
  /** Network interfaces by name or by a pattern of kubernetes-names.ts (`cali*`), except those that existed before. */
  | { kind: 'remove-links'; names: string[]; spare?: string[] }
  /**
   * Network namespaces of pods (`cni-*`) by the records of containerd and its plugins, except those that existed before, and
   * those with a process. `containerd` is its root directory; default /var/lib/containerd.
   */
  | { kind: 'remove-network-namespaces'; names: string[]; spare?: string[]; containerd?: string }
  /**
   * Chains of iptables and ip6tables in kubernetes-names.ts with one of these prefixes, and the rules that jump to them. Other
   * rules stay, and so do chains of CNI plugins for other networks than `networks`, such as podman's. An empty iptables
   * table that was not in `tables` before is also removed.
   */
  | { kind: 'remove-chains'; prefixes: string[]; networks?: string[]; tables?: string[] }
  /** nftables tables by name, in the families ip and ip6, except those that existed before (`ip kube-proxy`). */
  | { kind: 'remove-nft-tables'; names: string[]; spare?: string[] }
  /** Control groups by path below each hierarchy (`kubepods`). */
  | { kind: 'remove-cgroups'; names: string[] }
  /** Ports and interfaces that were added to a zone of firewalld, until the next reload or permanently. */
  | { kind: 'firewalld'; zone: string; ports: string[]; interfaces: string[]; permanent: boolean }
  /** Swap that was enabled. */
  | { kind: 'swap'; path: string }
  /** A file system that was made on an empty disk. It stays, with the volumes of pods, unless the person wants them erased. */
  | { kind: 'file-system'; device: string; uuid: string }
  | { kind: 'run'; argv: Argv; why: string }
  | { kind: 'nothing'; because: string }

export type UndoKind = Undo['kind']
