import { KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { isWholeKubeconfig } from '../../provision/api/kubeconfig.ts'
import { kubeadmPhase } from '../../provision/kubeadm/kubeadm-phase.ts'
import { hasIdentity } from '../../provision/kubeadm/kubelet-certificates.ts'
import { KUBELET_CONF, KUBELET_IDENTITY } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const FILES = ['admin.conf', 'super-admin.conf', 'kubelet.conf', 'controller-manager.conf', 'scheduler.conf']
const paths = FILES.map((name) => `${KUBERNETES}/${name}`)

export const writeKubeconfigs: ProvisionStep = {
  id: 'kubeadm/write-kubeconfigs',
  title: 'Writing kubeconfigs',
  async isDone(host) {
    const whole = await Promise.all(paths.map((path) => isWhole(host, path)))
    return whole.every(Boolean)
  },
  async apply(host, _params, context) {
    for (const path of paths) {
      // kubeadm refuses a file that a kill truncated, and creates a missing one.
      if (!(await isWhole(host, path))) await host.remove(path)
      await host.expect({ kind: 'remove-path', path })
    }
    const because = 'each file that it writes is already recorded'
    await kubeadmPhase(host, ['kubeconfig', 'all'], { kind: 'nothing', because }, context)
    await host.run(['sync', ...paths, KUBERNETES], { kind: 'nothing', because }, { signal: context.signal })
  },
}

/** kubelet.conf can refer to the certificate that the kubelet renews by itself, and is useless without it. */
async function isWhole(host: HostView, path: string): Promise<boolean> {
  if (!(await isWholeKubeconfig(host, path))) return false
  const text = path === KUBELET_CONF ? await host.read(path) : undefined
  return text?.includes(KUBELET_IDENTITY) !== true || (await hasIdentity(host))
}
