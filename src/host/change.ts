import type { Undo, UndoKind } from './undo.ts'

export type ChangeKind =
  | 'file'
  | 'directory'
  | 'link'
  | 'unit'
  | 'sysctl'
  | 'module'
  | 'hostname'
  | 'command'
  | 'process'
  | 'mount'
  | 'interface'
  | 'network-namespace'
  | 'firewall'
  | 'cgroup'
  | 'file-system'

/** A change to the machine and its undo. `what` describes it for people. */
export interface Change {
  kind: ChangeKind
  what: string
  undo: Undo
}

/** Resolves once the record is durable; only then may the change be made. */
export type RecordChange = (change: Change) => Promise<void>

const changeKinds: Record<UndoKind, ChangeKind> = {
  'remove-path': 'file',
  'remove-tree': 'directory',
  'empty-directory': 'directory',
  'restore-file': 'file',
  'restore-link': 'link',
  'remove-line': 'file',
  'restore-mode': 'file',
  unit: 'unit',
  'daemon-reload': 'unit',
  sysctl: 'sysctl',
  module: 'module',
  hostname: 'hostname',
  'container-processes': 'process',
  'unmount-below': 'mount',
  'remove-links': 'interface',
  'remove-network-namespaces': 'network-namespace',
  'remove-chains': 'firewall',
  'remove-nft-tables': 'firewall',
  'remove-cgroups': 'cgroup',
  firewalld: 'firewall',
  swap: 'command',
  'file-system': 'file-system',
  run: 'command',
  nothing: 'command',
}

/** The object that an undo refers to, for people. */
export function subjectOf(undo: Undo): string {
  switch (undo.kind) {
    case 'remove-path':
    case 'remove-tree':
    case 'empty-directory':
    case 'restore-file':
    case 'restore-link':
    case 'remove-line':
    case 'restore-mode':
    case 'unmount-below':
    case 'swap':
      return undo.path
    case 'unit':
      return undo.unit
    case 'daemon-reload':
      return 'systemd'
    case 'sysctl':
      return undo.key
    case 'module':
      return undo.name
    case 'hostname':
      return 'hostname'
    case 'container-processes':
      return `containers of ${undo.socket ?? `containerd's ${undo.containerdNamespace}`}`
    case 'remove-links':
    case 'remove-network-namespaces':
    case 'remove-cgroups':
    case 'remove-nft-tables':
      return undo.names.join(' ')
    case 'remove-chains':
      return undo.prefixes.map((prefix) => `${prefix}*`).join(' ')
    case 'firewalld':
      return `zone ${undo.zone} of firewalld: ${[...undo.ports, ...undo.interfaces].join(' ')}`
    case 'file-system':
      return undo.device
    case 'run':
      return undo.why
    case 'nothing':
      return undo.because
  }
}

/** The change of an undo that is recorded before another program makes it. */
export function expectedChange(undo: Undo): Change {
  return { kind: changeKinds[undo.kind], what: subjectOf(undo), undo }
}
