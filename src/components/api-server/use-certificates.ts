import { KUBELET_UNIT, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { ETCD_CLIENT, KUBERNETES_PKI } from '../../provision/paths.ts'
import { endStaticPods, newestContainerMs } from '../../provision/pods/static-pod-containers.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const pki = (name: string) => `${KUBERNETES_PKI}/${name}.crt`

/** What each static pod reads when it starts. The API server reads its serving certificate again when it changes. */
const READ_AT_START: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': [...['apiserver-kubelet-client', 'front-proxy-client'].map(pki), ETCD_CLIENT.certificate],
  'kube-controller-manager': [`${KUBERNETES}/controller-manager.conf`],
  'kube-scheduler': [`${KUBERNETES}/scheduler.conf`],
}

/** From the stop of the kubelet to its start, the work is not aborted: pods of the node would be evicted. */
const NEVER = new AbortController().signal

/**
 * Restarts the static pods that were started with former certificates. The kubelet is stopped meanwhile: it would let the API
 * server end within its grace period of 30 s, and it waits for up to 300 s before it starts one again that has failed often.
 */
export const useCertificates: ProvisionStep = {
  id: 'api-server/use-certificates',
  title: 'Restarting the control plane with its new certificates',
  isDone: async (host) => (await outdated(host)).length === 0,
  async apply(host, params, { signal }) {
    const names = await outdated(host)
    const because = 'it is started again'
    await host.run(['systemctl', 'stop', KUBELET_UNIT], { kind: 'nothing', because }, { signal })
    try {
      await endStaticPods(host, params, names, NEVER)
    } finally {
      await host.setUnit(KUBELET_UNIT, { active: true })
    }
  },
}

async function outdated(host: HostView): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(READ_AT_START).map(async ([name, files]) => {
      const [startedMs, ...stats] = await Promise.all([
        newestContainerMs(host, name),
        ...files.map((path) => host.stat(path)),
      ])
      const changedMs = Math.max(...stats.map((stat) => stat?.mtimeMs ?? 0))
      return startedMs !== undefined && startedMs < changedMs ? [name] : []
    }),
  )
  return found.flat()
}
