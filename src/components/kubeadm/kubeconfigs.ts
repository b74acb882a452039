import { KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { isWholeKubeconfig, serverIn } from '../../provision/api/kubeconfig.ts'
import { readCertificate } from '../../provision/certificates/certificates-of.ts'
import { isExpired, isFresh } from '../../provision/certificates/life.ts'
import { serverOnMaster } from '../../provision/kubeadm/cluster-configuration.ts'
import { kubeadmPhase } from '../../provision/kubeadm/kubeadm-phase.ts'
import { hasIdentity } from '../../provision/kubeadm/kubelet-certificates.ts'
import { KUBELET_CONF, KUBELET_IDENTITY } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { renewWithKubeadm } from './renew.ts'

const OF_PEOPLE = ['admin.conf', 'super-admin.conf']
const OF_THE_CONTROL_PLANE = [...OF_PEOPLE, 'controller-manager.conf', 'scheduler.conf']
const pathOf = (name: string) => `${KUBERNETES}/${name}`
const paths = [...OF_THE_CONTROL_PLANE.map(pathOf), KUBELET_CONF]
const because = 'each file that it writes is already recorded'

export const writeKubeconfigs: ProvisionStep = {
  id: 'kubeadm/write-kubeconfigs',
  title: 'Writing kubeconfigs',
  async isDone(host) {
    const whole = await Promise.all(paths.map((path) => isWhole(host, path)))
    return whole.every(Boolean) && (await due(host)).length === 0
  },
  async apply(host, _params, context) {
    for (const path of paths) {
      // kubeadm refuses a file that a kill truncated, and creates a missing one.
      if (!(await isWhole(host, path))) await host.discard(path, 'kubeadm writes it again')
      await host.expect({ kind: 'remove-path', path })
    }
    await renewWithKubeadm(host, await due(host), context)
    await kubeadmPhase(host, ['kubeconfig', 'all'], { kind: 'nothing', because }, context)
    // Once more, because that phase dates a certificate back to the creation of the CA.
    await renewWithKubeadm(host, await due(host), context)
    await host.run(['sync', ...paths, KUBERNETES], { kind: 'nothing', because }, { signal: context.signal })
  },
}

/** Not the kubelet's, which renews its certificate itself. */
async function due(host: HostView): Promise<string[]> {
  const texts = await Promise.all(OF_THE_CONTROL_PLANE.map((name) => host.read(pathOf(name))))
  return OF_THE_CONTROL_PLANE.filter((_, index) => {
    const certificate = readCertificate(texts[index])
    return certificate !== undefined && !isFresh(certificate, host.now())
  })
}

/**
 * Only the kubeconfigs of people have the endpoint, which can change; the others have the node's own API server. kubelet.conf can
 * refer to the certificate that the kubelet renews by itself, and is useless without it. Until then it contains the first one,
 * which nobody renews.
 */
async function isWhole(host: HostView, path: string): Promise<boolean> {
  if (!(await isWholeKubeconfig(host, path))) return false
  const text = await host.read(path)
  if (OF_PEOPLE.map(pathOf).includes(path)) {
    const server = await serverOnMaster(host)
    return server === undefined || serverIn(text) === server
  }
  if (path !== KUBELET_CONF) return true
  if (text?.includes(KUBELET_IDENTITY)) return hasIdentity(host)
  const first = readCertificate(text)
  return first === undefined || !isExpired(first, host.now())
}
