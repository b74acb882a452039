import { KUBELET_STATE, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import { poll } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { hasServing, requestsServing, syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { isMapping, merge } from '../../provision/kubeadm/overrides.ts'
import { readYaml, writeYaml } from '../../provision/kubeadm/yaml.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const CONFIGURATION = `${KUBELET_STATE}/config.yaml`
/** The operator answers within a second. Without it the node is as good as with it, except for `kubectl logs` and `exec`. */
const AWAIT_MS = 60_000
const EVERY_MS = 250

/** For a kubelet that an earlier build configured. Its present certificate, which it signed itself, is gone with the restart. */
export const requestCertificate: ProvisionStep = {
  id: 'kubelet-serving/request-certificate',
  title: 'Configuring the kubelet to request its serving certificate',
  async isDone(host, { cluster }) {
    return cluster.kubeletCertificates === undefined || isOverridden(cluster) || (await requestsServing(host))
  },
  async apply(host, _params, { signal }) {
    const [{ value } = { value: undefined }] = await readYaml((await host.read(CONFIGURATION)) ?? '')
    if (!isMapping(value)) return
    await host.write(CONFIGURATION, await writeYaml(merge(value, { serverTLSBootstrap: true })))
    await host.restartUnit(KUBELET_UNIT)
    await syncKubelet(host, signal)
  },
}

/** Never fails: the request is approved later, for example when the controller is there again. */
export function awaitCertificate(): ProvisionStep {
  let isOver = false
  return {
    id: 'kubelet-serving/await-certificate',
    title: "Waiting for the kubelet's serving certificate",
    async isDone(host, { cluster }) {
      // Without a pod network the operator does not run yet.
      return isOver || cluster.cni === 'none' || !(await requestsServing(host)) || (await hasServing(host))
    },
    async apply(host, _params, { signal, log }) {
      if (host.isDryRun) return
      if (!(await comes(host, signal))) log(NONE)
      isOver = true
    },
  }
}

const NONE = `the kubelet has no serving certificate after ${AWAIT_MS / 1_000} s: kubectl logs and exec do not work for this node until the operator approves its request; the reason is in the operator's log`

async function comes(host: HostView, signal: AbortSignal): Promise<boolean> {
  const look = async () => (await hasServing(host)) || undefined
  return (await poll({ firstMs: EVERY_MS, withinMs: AWAIT_MS }, look, { clock: host, signal })) === true
}

/** The administrator decides otherwise. */
const isOverridden = ({ overrides }: ProvisionParams['cluster']) =>
  /^\s*"?(serverTLSBootstrap|tlsCertFile)"?\s*:/m.test(overrides.kubelet ?? '')
