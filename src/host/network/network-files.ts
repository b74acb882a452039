import type { HostView } from '../host.ts'

const DIRECTORY = '/etc/cni/net.d'
/** Files that containerd reads; it uses the first by name. */
const READ = /\.(conf|conflist|json)$/

/** Paths of the CNI configurations that containerd would use instead of the one with this name. */
export async function networkFilesBefore(view: HostView, name: string): Promise<string[]> {
  const names = ((await view.list(DIRECTORY)) ?? []).filter((each) => READ.test(each) && each < name)
  return names.map((each) => `${DIRECTORY}/${each}`)
}
