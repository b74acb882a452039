import type { HostView } from '../host.ts'

const DIRECTORY = '/etc/cni/net.d'
/** Those that containerd reads; it takes the first in order of name. */
const READ = /\.(conf|conflist|json)$/

/** Paths of the CNI configurations that containerd would take instead of the one of that name. */
export async function networkFilesBefore(view: HostView, name: string): Promise<string[]> {
  const names = ((await view.list(DIRECTORY)) ?? []).filter((each) => READ.test(each) && each < name)
  return names.map((each) => `${DIRECTORY}/${each}`)
}
