import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_STATE, KUBELET_UNIT, POD_LOGS } from '../../base/kubernetes-paths.ts'
import { hostPort } from '../../base/net/address.ts'
import { API_PORT } from '../../base/net/api-port.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { apiAnswers, apiIsReady } from '../../provision/api/api.ts'
import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { damagedCertificates, removeDamagedCertificates } from '../../provision/kubeadm/kubelet-certificates.ts'
import { hasManifests, syncManifests } from '../../provision/kubeadm/static-pods.ts'
import { STATIC_PODS } from '../../provision/paths.ts'
import { expectWhatPodsLeave } from '../../provision/pods/pod-traces.ts'
import { watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { enableUnit, unitIsEnabled } from '../../provision/steps/units.ts'

export const writeManifest: ProvisionStep = {
  id: 'api-server/write-manifest',
  title: 'Writing the manifest of the API server',
  isDone: (host) => hasManifests(host, ['kube-apiserver']),
  async apply(host, _params, context) {
    await host.makeDirectory(STATIC_PODS)
    await kubeadmPhase(host, ['control-plane', 'apiserver'], WITH_ITS_DIRECTORY, context)
    await syncManifests(host, ['kube-apiserver'], context)
  },
}

export const startKubelet: ProvisionStep = {
  id: 'api-server/start-kubelet',
  title: 'Starting the kubelet',
  async isDone(host) {
    const files = await Promise.all(
      ['config.yaml', 'kubeadm-flags.env'].map((name) => host.stat(`${KUBELET_STATE}/${name}`)),
    )
    if (files.some((stat) => stat === undefined || stat.size === 0)) return false
    if ((await damagedCertificates(host)).length > 0) return false
    return (await unitIsEnabled(host, KUBELET_UNIT)) && (await isUnitActive(host, KUBELET_UNIT))
  },
  async apply(host, params, context) {
    await expectWhatPodsLeave(host, params)
    await removeDamagedCertificates(host)
    await enableUnit(host, KUBELET_UNIT)
    const before = { active: false }
    await kubeadmPhase(host, ['kubelet-start'], { kind: 'unit', unit: KUBELET_UNIT, before }, context)
  },
}

/** After etcd has other data. The kubelet starts the API server, whose cache is then new. */
export const startAgain: ProvisionStep = {
  id: 'api-server/start-again',
  title: 'Starting the kubelet and the API server again',
  isDone: (host) => isUnitActive(host, KUBELET_UNIT),
  async apply(host) {
    await host.run(['systemctl', 'start', KUBELET_UNIT], { kind: 'nothing', because: 'it was running before' })
  },
}

/** Any answer is enough, including a refusal: the API server has not created the RBAC roles yet. */
export const awaitConnection: ProvisionStep = {
  id: 'api-server/await-connection',
  title: 'Waiting for the API server to answer',
  isDone: (host, { node }) => apiAnswers(host, hostPort(node.address, API_PORT)),
  apply: (host, params, { signal }) => awaitApiServer(host, params, apiAnswers, signal),
}

/** Ready means that the API server has created the RBAC roles of the controllers. */
export const awaitApi: ProvisionStep = {
  id: 'api-server/await-api',
  title: 'Waiting for the API server to be ready',
  isDone: (host, { node }) => apiIsReady(host, hostPort(node.address, API_PORT)),
  apply: (host, params, { signal }) => awaitApiServer(host, params, apiIsReady, signal),
}

/** The kubelet restarts an API server that failed often (for example without etcd) only after 300 s. */
const API_MS = 360_000

async function awaitApiServer(
  host: HostView,
  { node }: Pick<NodeParams, 'node'>,
  isUp: typeof apiIsReady,
  signal: AbortSignal,
) {
  const endpoint = hostPort(node.address, API_PORT)
  const failure = async () =>
    new AgentError('api-server/no-answer', `the API server at ${endpoint} did not answer within ${API_MS / 1000} s`, {
      fix: `see the reason in ${POD_LOGS}/kube-system_kube-apiserver* and in: journalctl -u kubelet; then provision again`,
    })
  const watches = watchControlPlane({ node }, ['kube-apiserver'])
  await waitUntil(host, () => isUp(host, endpoint), { signal, timeoutMs: API_MS, failure, watches })
}
