import type { StepContext } from '../../engine/step.ts'
import type { Host } from '../../host/host.ts'
import { runKubeadm, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { KUBEADM_CONFIG } from '../../provision/paths.ts'

/**
 * Renews certificates in place, with a new key and the names that they have, by the CA keys on this node. @param names as
 * kubeadm calls them, e.g. `apiserver` and `admin.conf`
 */
export async function renewWithKubeadm(
  host: Host,
  names: readonly string[],
  { signal }: Pick<StepContext, 'signal'>,
): Promise<void> {
  for (const name of names) {
    const argv = [`${host.layout.binaries}/kubeadm`, 'certs', 'renew', name, '--config', KUBEADM_CONFIG] as const
    await runKubeadm(host, argv, WITH_ITS_DIRECTORY, signal)
  }
}
