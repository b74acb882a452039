import { createHash } from 'node:crypto'
import { KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { kubeadmPhaseArgv, runKubeadm } from '../../provision/kubeadm/kubeadm-phase.ts'
import { preflightWarnings } from '../../provision/kubeadm/preflight-warnings.ts'
import { KUBEADM_CONFIG, STATIC_PODS } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const REPORT = `${KUBERNETES}/preflight.txt`

export const runPreflight: ProvisionStep = {
  id: 'preflight/run',
  title: "Running kubeadm's preflight checks",
  async isDone(host) {
    // The checks require free ports and empty directories, which is no longer true once the control plane runs.
    if (((await host.list(STATIC_PODS)) ?? []).length > 0) return true
    return (await host.read(REPORT))?.startsWith(await heading(host)) === true
  },
  async apply(host, _params, { signal, log }) {
    const undo = { kind: 'nothing', because: 'it changes nothing' } as const
    const { stdout, stderr } = await runKubeadm(host, kubeadmPhaseArgv(host.layout, ['preflight']), undo, signal)
    for (const warning of preflightWarnings(stderr)) log(warning)
    await host.write(REPORT, `${await heading(host)}${stdout}${stderr}`, 0o600)
  },
}

/** With another configuration the checks run again. */
async function heading(host: HostView): Promise<string> {
  const configuration = (await host.read(KUBEADM_CONFIG)) ?? ''
  return `kubeadm init phase preflight, configuration ${createHash('sha256').update(configuration).digest('hex')}\n`
}
