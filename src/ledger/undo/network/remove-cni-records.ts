import { basename } from 'node:path/posix'
import { POD_NETWORKS } from '../../../base/kubernetes-names.ts'
import type { HostView } from '../../../host/host.ts'
import type { Machine } from '../../../host/machine.ts'
import { keptIn } from '../files/kept-in.ts'
import type { Found, UndoOf, UndoResult } from '../result.ts'
import { cniRecords, podNetworkOf } from './cni-records.ts'
import { ADDRESSES, CNI_STATE, type CniState, lookAtCniState } from './cni-state.ts'

/** Of the directory that all share: our records, the addresses of our networks, and the directories that are empty then. */
export async function removeCniRecords(
  { kind, containerd }: UndoOf<'remove-tree' | 'empty-directory'>,
  machine: Machine,
  found: Found,
): Promise<UndoResult> {
  const state = await lookAtCniState(machine)
  const ours = new Set([...found.known, ...(await oursOf(state, containerd, found.known, machine))])
  const files = [...state.results, ...state.flannel].filter((path) => ours.has(path))
  const trees = state.addresses.filter((path) => ours.has(path))
  const open = [...files, ...trees].filter((path) => !found.known.includes(path))
  // Before the first is removed: the records tell whose the rest is.
  if (open.length > 0) await found.record(open)
  for (const file of files) await machine.unlink(file)
  for (const tree of trees) await machine.removeTree(tree)
  for (const directory of state.directories) await machine.removeDirectory(directory)
  const isOurDirectory = kind === 'remove-tree' && (await machine.stat(CNI_STATE))?.kind === 'directory'
  if (isOurDirectory) await machine.removeDirectory(CNI_STATE)
  const left = (await machine.list(CNI_STATE)) ?? []
  return keptIn(
    CNI_STATE,
    left.map((name) => `${CNI_STATE}/${name} (of another container engine)`),
  )
}

async function oursOf(
  state: CniState,
  containerd: string | undefined,
  known: readonly string[],
  host: HostView,
): Promise<string[]> {
  const { ours, others, unreadable } = await cniRecords(state.results, containerd, host)
  const strangers = others.filter(({ file }) => !known.includes(file))
  const networks = new Set([...POD_NETWORKS, ...ours.map(({ networkName }) => networkName)])
  for (const { networkName } of strangers) networks.delete(networkName)
  return [
    ...ours.map(({ file }) => file),
    ...unreadable.filter((file) => podNetworkOf(file) !== undefined),
    ...state.flannel.filter((file) => !strangers.some(({ containerId }) => containerId === basename(file))),
    ...[...networks].map((network) => `${ADDRESSES}/${network}`),
  ]
}
