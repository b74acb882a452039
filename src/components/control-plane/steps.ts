import { AgentError } from '../../errors/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { apiAnswers, apiIsReady, awaitThat } from '../../kubernetes/api.ts'
import { API_PORT, hostPort } from '../../kubernetes/endpoint.ts'
import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../kubernetes/kubeadm-phase.ts'
import { KUBELET_STATE, STATIC_PODS } from '../../kubernetes/paths.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import { expectWhatPodsLeave } from './traces.ts'

export const writeApiServer: ProvisionStep = {
  id: 'control-plane/write-api-server',
  title: 'Writing the manifest of the API server',
  isDone: (host) => hasManifests(host, ['kube-apiserver']),
  async apply(host, _params, context) {
    await host.makeDirectory(STATIC_PODS)
    await kubeadmPhase(host, ['control-plane', 'apiserver'], WITH_ITS_DIRECTORY, context)
  },
}

export const startKubelet: ProvisionStep = {
  id: 'control-plane/start-kubelet',
  title: 'Starting kubelet',
  async isDone(host) {
    const files = await Promise.all(
      ['config.yaml', 'kubeadm-flags.env'].map((name) => host.stat(`${KUBELET_STATE}/${name}`)),
    )
    if (files.some((stat) => stat === undefined || stat.size === 0)) return false
    return (await host.ask(['systemctl', 'is-active', 'kubelet.service'])).stdout.trim() === 'active'
  },
  async apply(host, _params, context) {
    await expectWhatPodsLeave(host)
    const before = { active: false }
    await kubeadmPhase(host, ['kubelet-start'], { kind: 'unit', unit: 'kubelet.service', before }, context)
  },
}

/** It answers, if only that it does not know our rights yet. */
export const awaitConnection: ProvisionStep = {
  id: 'control-plane/await-connection',
  title: 'Waiting for the API server to answer',
  isDone: (host, { node }) => apiAnswers(host, hostPort(node.address, API_PORT)),
  apply: (host, { node }, { signal }) => awaitApiServer(host, node.address, apiAnswers, signal),
}

/** Now it has stored what it begins with: the roles that controllers act by. */
export const awaitApi: ProvisionStep = {
  id: 'control-plane/await-api',
  title: 'Waiting for the API server to be ready',
  isDone: (host, { node }) => apiIsReady(host, hostPort(node.address, API_PORT)),
  apply: (host, { node }, { signal }) => awaitApiServer(host, node.address, apiIsReady, signal),
}

async function awaitApiServer(host: HostView, address: string, isSo: typeof apiIsReady, signal: AbortSignal) {
  const endpoint = hostPort(address, API_PORT)
  const timeoutMs = 240_000
  const failure = async () =>
    new AgentError('control-plane/no-answer', `no API server at ${endpoint} after ${timeoutMs / 1000} s`, {
      fix: 'journalctl -u kubelet and /var/log/pods/kube-system_kube-apiserver* tell why; then provision again',
    })
  await awaitThat(host, () => isSo(host, endpoint), { signal, timeoutMs, failure })
}

/**
 * Only now: started together with the API server they ask it for their lease before it knows their rights, are
 * refused, and come again 4 s later. And a kubelet that is restarted while it creates a container leaves a failed one.
 */
export const writeControllers: ProvisionStep = {
  id: 'control-plane/write-controllers',
  title: 'Writing the manifests of controllers and scheduler',
  isDone: (host) => hasManifests(host, ['kube-controller-manager', 'kube-scheduler']),
  async apply(host, _params, context) {
    await Promise.all(
      ['controller-manager', 'scheduler'].map((name) =>
        kubeadmPhase(host, ['control-plane', name], WITH_ITS_DIRECTORY, context),
      ),
    )
  },
}

/** kubeadm ends each with an empty status; without it the file was cut off. */
async function hasManifests(host: HostView, names: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(names.map((name) => host.read(`${STATIC_PODS}/${name}.yaml`)))
  return texts.every((text) => text?.endsWith('\nstatus: {}\n'))
}
