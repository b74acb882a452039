import type { StepContext } from '../../engine/step.ts'
import type { Host, HostView } from '../../host/host.ts'
import { STATIC_PODS } from '../paths.ts'
import { WITH_ITS_DIRECTORY } from './kubeadm-phase.ts'

/** kubeadm ends each manifest with an empty status; without it the file is truncated. */
export async function hasManifests(host: HostView, names: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(names.map((name) => host.read(`${STATIC_PODS}/${name}.yaml`)))
  return texts.every((text) => text?.endsWith('\nstatus: {}\n'))
}

/** kubeadm does not sync the manifests to disk. */
export async function syncManifests(
  host: Host,
  names: readonly string[],
  { signal }: Pick<StepContext, 'signal'>,
): Promise<void> {
  const paths = names.map((name) => `${STATIC_PODS}/${name}.yaml`)
  await host.run(['sync', ...paths, STATIC_PODS], WITH_ITS_DIRECTORY, { signal })
}
