import type { FileKind, HostView } from '../../../host/host.ts'

/** Every container engine with CNI plugins keeps their records here: libcni its results, `host-local` its addresses. */
export const CNI_STATE = '/var/lib/cni'
const RESULTS: readonly string[] = [`${CNI_STATE}/results`, `${CNI_STATE}/cache/results`]
/** Where `host-local` keeps a directory of addresses for each network. */
export const ADDRESSES = `${CNI_STATE}/networks`
/** Where flannel's plugin keeps what it has asked the plugin `bridge` for, by container. */
const FLANNEL = `${CNI_STATE}/flannel`

export interface CniState {
  /** Those that are there, what is in one before itself. Links are none: a pod that mounts the state may have put one. */
  directories: string[]
  results: string[]
  flannel: string[]
  /** The directories of addresses. */
  addresses: string[]
}

export async function lookAtCniState(host: HostView): Promise<CniState> {
  const inState = await inside(CNI_STATE, 'directory', host)
  const inCache = inState.includes(`${CNI_STATE}/cache`) ? await inside(`${CNI_STATE}/cache`, 'directory', host) : []
  const there = [...inCache, ...inState]
  const within = async (directories: readonly string[], kind: FileKind) => {
    const listed = directories.filter((path) => there.includes(path)).map((path) => inside(path, kind, host))
    return (await Promise.all(listed)).flat()
  }
  return {
    directories: there.filter((path) => [...RESULTS, `${CNI_STATE}/cache`, ADDRESSES, FLANNEL].includes(path)),
    results: await within(RESULTS, 'file'),
    flannel: await within([FLANNEL], 'file'),
    addresses: await within([ADDRESSES], 'directory'),
  }
}

/** What is of that kind itself: nothing that only a link leads to. */
async function inside(directory: string, kind: FileKind, host: HostView): Promise<string[]> {
  const paths = ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths.filter((_, index) => stats[index]?.kind === kind)
}
