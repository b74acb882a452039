import { CNI_STATE } from '../../../../base/kubernetes-paths.ts'
import type { FileKind, HostView } from '../../../../host/host.ts'

const RESULTS: readonly string[] = [`${CNI_STATE}/results`, `${CNI_STATE}/cache/results`]
/** `host-local` has one directory of addresses per network here. */
export const ADDRESSES = `${CNI_STATE}/networks`
/** flannel's plugin keeps the configuration that it passed to the `bridge` plugin here, by container. */
const FLANNEL = `${CNI_STATE}/flannel`

export interface CniState {
  /** Existing directories, children first. Symbolic links are ignored: a pod that mounts the state can create them. */
  directories: string[]
  results: string[]
  flannel: string[]
  /** Directories of addresses, one per network. */
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

/** Entries of this kind; symbolic links are not followed. */
async function inside(directory: string, kind: FileKind, host: HostView): Promise<string[]> {
  const paths = ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths.filter((_, index) => stats[index]?.kind === kind)
}
