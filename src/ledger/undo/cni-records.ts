import { basename } from 'node:path/posix'
import type { HostView } from '../../host/host.ts'
import { isPodNamespace } from '../../host/kubernetes-names.ts'
import type { Machine } from '../../host/machine.ts'
import { keptIn } from './kept-in.ts'
import type { UndoResult } from './result.ts'

/** Every container engine with CNI plugins keeps their records here: libcni its results, `host-local` its addresses. */
export const CNI_STATE = '/var/lib/cni'
const RESULTS = [`${CNI_STATE}/results`, `${CNI_STATE}/cache/results`]
const SHARED = [...RESULTS, `${CNI_STATE}/cache`, `${CNI_STATE}/networks`, CNI_STATE]
/** Where flannel's plugin keeps what it has asked the plugin `bridge` for. */
const FLANNEL = `${CNI_STATE}/flannel`

interface CniRecord {
  file: string
  networkName?: string
  netns?: string
}

/** What libcni has kept of the results for our pods: containerd's CRI plugin alone calls their namespaces so. */
export async function cniRecords(host: HostView): Promise<CniRecord[]> {
  const records = await Promise.all(
    RESULTS.map(async (directory) => {
      const names = (await host.list(directory)) ?? []
      return Promise.all(names.map((name) => readRecord(host, `${directory}/${name}`)))
    }),
  )
  return records.flat().filter(({ netns = '' }) => isPodNamespace(basename(netns)))
}

/** Half a record, as a power cut leaves it, says nothing. */
async function readRecord(host: HostView, file: string): Promise<CniRecord> {
  try {
    const { networkName, netns } = JSON.parse((await host.read(file)) ?? '')
    return { file, networkName, netns }
  } catch {
    return { file }
  }
}

/** As `cbr0` for flannel: what the CNI configurations of the supported networks are called. */
const NETWORKS = ['cbr0', 'k8s-pod-network', 'cilium']

/** Of the directory that all share: our records, the addresses of our networks, and the directories that are empty then. */
export async function removeCniRecords(machine: Machine, keepRoot: boolean): Promise<UndoResult> {
  const records = await cniRecords(machine)
  const names = (await Promise.all(RESULTS.map((directory) => machine.list(directory)))).map((list) => list ?? [])
  const byName = RESULTS.flatMap((directory, index) =>
    (names[index] ?? [])
      .filter((name) => NETWORKS.some((network) => name.startsWith(`${network}-`)))
      .map((name) => `${directory}/${name}`),
  )
  const networks = new Set([...NETWORKS, ...records.flatMap(({ networkName }) => networkName ?? [])])
  for (const file of new Set([...records.map((record) => record.file), ...byName])) await machine.unlink(file)
  for (const tree of [...[...networks].map((name) => `${CNI_STATE}/networks/${name}`), FLANNEL])
    if ((await machine.stat(tree)) !== undefined) await machine.removeTree(tree)
  for (const directory of SHARED.filter((path) => path !== CNI_STATE || !keepRoot))
    if ((await machine.stat(directory)) !== undefined) await machine.removeDirectory(directory)
  const left = (await machine.list(CNI_STATE)) ?? []
  return keptIn(
    CNI_STATE,
    left.map((name) => `${CNI_STATE}/${name} (of another container engine)`),
  )
}
