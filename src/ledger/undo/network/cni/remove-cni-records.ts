import { basename } from 'node:path/posix'
import { CNI_STATE } from '../../../../base/kubernetes-paths.ts'
import { POD_NETWORKS } from '../../../../base/pod-network-traces.ts'
import type { HostView } from '../../../../host/host.ts'
import type { Machine } from '../../../../host/machine.ts'
import { keptIn } from '../../files/kept-in.ts'
import type { Found, UndoOf, UndoResult } from '../../result.ts'
import { cniRecords, podNetworkOf } from './cni-records.ts'
import { ADDRESSES, type CniState, lookAtCniState } from './cni-state.ts'

/** Removes from the shared directory: the cluster's records, the addresses of its networks, and directories that are then empty. */
export async function removeCniRecords(
  { kind, containerd }: UndoOf<'remove-tree' | 'empty-directory'>,
  machine: Machine,
  found: Found,
): Promise<UndoResult> {
  const state = await lookAtCniState(machine)
  const own = new Set([...found.known, ...(await ownPaths(state, containerd, found.known, machine))])
  const files = [...state.results, ...state.flannel].filter((path) => own.has(path))
  const trees = state.addresses.filter((path) => own.has(path))
  const open = [...files, ...trees].filter((path) => !found.known.includes(path))
  // Recorded before the first is removed, because these files identify the others.
  if (open.length > 0) await found.record(open)
  for (const file of files) await machine.unlink(file)
  for (const tree of trees) await machine.removeTree(tree)
  for (const directory of state.directories) await machine.removeDirectory(directory)
  const isOwnDirectory = kind === 'remove-tree' && (await machine.stat(CNI_STATE))?.kind === 'directory'
  if (isOwnDirectory) await machine.removeDirectory(CNI_STATE)
  const left = (await machine.list(CNI_STATE)) ?? []
  return keptIn(
    CNI_STATE,
    left.map((name) => `${CNI_STATE}/${name} (of another container engine)`),
  )
}

async function ownPaths(
  state: CniState,
  containerd: string | undefined,
  known: readonly string[],
  host: HostView,
): Promise<string[]> {
  const { own, others, unreadable } = await cniRecords(state.results, containerd, host)
  const foreign = others.filter(({ file }) => !known.includes(file))
  const networks = new Set([...POD_NETWORKS, ...own.map(({ networkName }) => networkName)])
  for (const { networkName } of foreign) networks.delete(networkName)
  return [
    ...own.map(({ file }) => file),
    ...unreadable.filter((file) => podNetworkOf(file) !== undefined),
    ...state.flannel.filter((file) => !foreign.some(({ containerId }) => containerId === basename(file))),
    ...[...networks].map((network) => `${ADDRESSES}/${network}`),
  ]
}
