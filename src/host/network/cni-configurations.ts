import { CNI_CONFIGURATION } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../host.ts'

/** Files that containerd reads; it uses the first by name. */
const READ = /\.(conf|conflist|json)$/

/** Paths of the CNI configurations that containerd would use instead of the one with this name. */
export async function cniConfigurationsBefore(view: HostView, name: string): Promise<string[]> {
  const names = ((await view.list(CNI_CONFIGURATION)) ?? []).filter((each) => READ.test(each) && each < name)
  return names.map((each) => `${CNI_CONFIGURATION}/${each}`)
}
