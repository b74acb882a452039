import type { HostView } from '../host/host.ts'
import { STATIC_PODS } from './paths.ts'

/** kubeadm ends each manifest with an empty status; without it the file was cut off. */
export async function hasManifests(host: HostView, names: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(names.map((name) => host.read(`${STATIC_PODS}/${name}.yaml`)))
  return texts.every((text) => text?.endsWith('\nstatus: {}\n'))
}
