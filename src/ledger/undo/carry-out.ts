import type { Machine } from '../../host/machine.ts'
import type { Undo, UndoKind } from '../../host/undo.ts'
import { emptyDirectory } from './files/empty-directory.ts'
import { removeLine } from './files/remove-line.ts'
import { removePath } from './files/remove-path.ts'
import { removeTree } from './files/remove-tree.ts'
import { restoreFile } from './files/restore-file.ts'
import { restoreLink } from './files/restore-link.ts'
import { restoreMode } from './files/restore-mode.ts'
import { firewalld } from './network/firewalld.ts'
import { removeChains } from './network/remove-chains.ts'
import { removeLinks } from './network/remove-links.ts'
import { removeNetworkNamespaces } from './network/remove-network-namespaces.ts'
import { removeNftTables } from './network/remove-nft-tables.ts'
import { nothing } from './nothing.ts'
import type { CarryOut, Found, UndoResult } from './result.ts'
import { run } from './run.ts'
import { containerProcesses } from './system/container-processes.ts'
import { daemonReload } from './system/daemon-reload.ts'
import { fileSystem } from './system/file-system.ts'
import { hostname } from './system/hostname.ts'
import { module } from './system/module.ts'
import { removeCgroups } from './system/remove-cgroups.ts'
import { swap } from './system/swap.ts'
import { sysctl } from './system/sysctl.ts'
import { unit } from './system/unit.ts'
import { unmountBelow } from './system/unmount-below.ts'

const undos: { [K in UndoKind]: CarryOut<K> } = {
  'remove-path': removePath,
  'remove-tree': removeTree,
  'empty-directory': emptyDirectory,
  'restore-file': restoreFile,
  'restore-link': restoreLink,
  'remove-line': removeLine,
  'restore-mode': restoreMode,
  unit,
  'daemon-reload': daemonReload,
  sysctl,
  module,
  hostname,
  'container-processes': containerProcesses,
  'unmount-below': unmountBelow,
  'remove-links': removeLinks,
  'remove-network-namespaces': removeNetworkNamespaces,
  'remove-chains': removeChains,
  'remove-nft-tables': removeNftTables,
  'remove-cgroups': removeCgroups,
  firewalld,
  swap,
  'file-system': fileSystem,
  run,
  nothing,
}

export function carryOut<K extends UndoKind>(
  undo: Extract<Undo, { kind: K }>,
  machine: Machine,
  found: Found = { known: [], record: async () => undefined },
): Promise<UndoResult> {
  const one: CarryOut<K> = undos[undo.kind as K]
  return one(undo as never, machine, found)
}
