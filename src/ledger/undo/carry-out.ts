import type { Machine } from '../../host/machine.ts'
import type { Undo, UndoKind } from '../../host/undo.ts'
import { containerProcesses } from './container-processes.ts'
import { daemonReload } from './daemon-reload.ts'
import { emptyDirectory } from './empty-directory.ts'
import { firewalld } from './firewalld.ts'
import { hostname } from './hostname.ts'
import { module } from './module.ts'
import { nothing } from './nothing.ts'
import { removeCgroups } from './remove-cgroups.ts'
import { removeChains } from './remove-chains.ts'
import { removeLine } from './remove-line.ts'
import { removeLinks } from './remove-links.ts'
import { removeNetworkNamespaces } from './remove-network-namespaces.ts'
import { removeNftTables } from './remove-nft-tables.ts'
import { removePath } from './remove-path.ts'
import { removeTree } from './remove-tree.ts'
import { restoreFile } from './restore-file.ts'
import { restoreLink } from './restore-link.ts'
import { restoreMode } from './restore-mode.ts'
import type { CarryOut, Found, UndoResult } from './result.ts'
import { run } from './run.ts'
import { swap } from './swap.ts'
import { sysctl } from './sysctl.ts'
import { unit } from './unit.ts'
import { unmountBelow } from './unmount-below.ts'

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
