import { KUBELET_STATE, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { staleManifests, syncManifests } from '../../provision/kubeadm/static-pods.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBEADM_CONFIG } from '../../provision/paths.ts'
import { endStaticPods } from '../../provision/pods/static-pod-containers.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { installKubelet, kubeletIsCurrent } from './kubelet.ts'

/** The static pods whose processes have to end. In memory: after a boot there are none. */
const ENDING = '/run/cantrip-exchange'
const NEVER = new AbortController().signal
const STOPPED = { kind: 'nothing', because: 'the undo of its start stops it' } as const

/**
 * While the kubelet is stopped, its executable and the manifests change, the processes of the old manifests end, and etcd is
 * restarted if it is due: no API server watches it then (ADR 72). Then the kubelet starts new ones at once. With a running kubelet
 * each changed manifest takes the 30 s of grace of its old process, and the API is away that long. Pods of users run on. After a kill
 * or a power cut the step is repeated.
 */
export const exchangeControlPlane = (etcd: ProvisionStep): ProvisionStep => ({
  id: 'exchange/control-plane',
  title: 'Exchanging the control plane, etcd and the kubelet',
  async isDone(host, params) {
    const isExchanged = (await host.stat(ENDING)) === undefined && (await staleManifests(host, params)).length === 0
    if (!isExchanged || !(await etcd.isDone(host, params))) return false
    return (await kubeletIsCurrent(host, params)) && (await isConfiguredLast(host))
  },
  async apply(host, params, given) {
    const kubelet = await installKubelet(host, params, given.signal)
    // From here on it is not cancelled: that would leave the node without its kubelet.
    const context = { ...given, signal: NEVER }
    await host.run(['systemctl', 'stop', KUBELET_UNIT], STOPPED)
    try {
      await kubelet()
      await exchangePods(host, params)
      if (!(await etcd.isDone(host, params))) await etcd.apply(host, params, context)
      await kubeadmPhase(host, ['kubelet-start'], STOPPED, context)
    } finally {
      if (!host.isDryRun && !(await isUnitActive(host, KUBELET_UNIT))) await bringUpUnit(host, KUBELET_UNIT)
    }
    await syncKubelet(host, NEVER)
  },
})

async function exchangePods(host: Host, params: ProvisionParams): Promise<void> {
  const stale = new Set([...(await staleManifests(host, params)), ...((await host.read(ENDING))?.split('\n') ?? [])])
  stale.delete('')
  if (stale.size === 0) return
  await host.write(ENDING, `${[...stale].join('\n')}\n`)
  await kubeadmPhase(host, ['control-plane', 'all'], WITH_ITS_DIRECTORY, { signal: NEVER })
  await syncManifests(host, [...stale], { signal: NEVER })
  await endStaticPods(host, params, [...stale], NEVER)
  await host.discard(ENDING, 'its processes have ended')
}

/** kubeadm writes the kubelet's configuration from its own. */
async function isConfiguredLast(host: HostView): Promise<boolean> {
  const [own, kubelets] = await Promise.all(
    [KUBEADM_CONFIG, `${KUBELET_STATE}/config.yaml`].map((path) => host.stat(path)),
  )
  return own !== undefined && kubelets !== undefined && kubelets.mtimeMs >= own.mtimeMs
}
