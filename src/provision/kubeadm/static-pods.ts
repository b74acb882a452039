import type { StepContext } from '../../engine/step.ts'
import type { Host, HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../params.ts'
import { KUBEADM_PATCHES, STATIC_PODS } from '../paths.ts'
import { identityIn, patchPath } from './identity.ts'
import { WITH_ITS_DIRECTORY } from './kubeadm-phase.ts'

/** The static pods of a master. */
export const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

export async function hasManifests(host: HostView, names: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(names.map((name) => readManifest(host, name)))
  return texts.every(isWhole)
}

/**
 * The static pods whose manifests are not what kubeadm would write now from its configuration and patches. Earlier builds wrote
 * no annotation: their manifests are compared by the version of the image.
 */
export async function staleManifests(
  host: HostView,
  { cluster }: Pick<ProvisionParams, 'cluster'>,
): Promise<readonly string[]> {
  const isCurrent = await Promise.all(
    CONTROL_PLANE.map(async (name) => {
      const [manifest, patch] = await Promise.all([
        readManifest(host, name),
        host.read(patchPath(KUBEADM_PATCHES, name)),
      ])
      if (!isWhole(manifest)) return false
      const written = identityIn(manifest)
      if (written !== undefined) return written === identityIn(patch)
      return manifest.includes(`/${name}:${cluster.kubernetesVersion}\n`)
    }),
  )
  return CONTROL_PLANE.filter((_, index) => !isCurrent[index])
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

function readManifest(host: HostView, name: string): Promise<string | undefined> {
  return host.read(`${STATIC_PODS}/${name}.yaml`)
}

/** kubeadm ends each manifest with an empty status; without it the file is truncated. */
function isWhole(manifest: string | undefined): manifest is string {
  return manifest?.endsWith('\nstatus: {}\n') === true
}
