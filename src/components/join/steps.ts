import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_UNIT, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host, HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { waitUntil, watchMeanwhile } from '../../host/units/wait-until.ts'
import { isWholeKubeconfig } from '../../provision/api/kubeconfig.ts'
import { runKubeadm } from '../../provision/kubeadm/kubeadm-phase.ts'
import {
  damagedCertificates,
  hasIdentity,
  removeDamagedCertificates,
  syncKubelet,
} from '../../provision/kubeadm/kubelet-certificates.ts'
import { markOverride } from '../../provision/kubeadm/kubelet-override.ts'
import { preflightWarnings } from '../../provision/kubeadm/preflight-warnings.ts'
import { writeYaml } from '../../provision/kubeadm/yaml.ts'
import { KUBELET_CONF, KUBERNETES_PKI } from '../../provision/paths.ts'
import { expectWhatPodsLeave } from '../../provision/pods/pod-traces.ts'
import { watchKubelet } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { enableUnit, unitIsEnabled } from '../../provision/steps/units.ts'
import { bootstrapKubeconfig } from './again.ts'
import { joinConfiguration } from './configuration.ts'

/** In memory, because it contains the token: lost at a reboot, and removed after the node has joined. */
const DIRECTORY = '/run/cantrip-join'
const CONFIGURATION = `${DIRECTORY}/join.yaml`
/** kubeadm writes the token to this file for the kubelet. */
const BOOTSTRAP_CONF = `${KUBERNETES}/bootstrap-kubelet.conf`
const REPORT = `${KUBERNETES}/preflight.txt`
/** A token is valid for 30 minutes; the rest is the time to use it. */
const FRESH_MS = 20 * 60_000
const JOIN_MS = 180_000
const USED = 'a used secret is not kept'

const kubeadm = ({ binaries }: Layout, phase: string): Argv => [
  ...([`${binaries}/kubeadm`, 'join', 'phase', phase, '--config', CONFIGURATION] as const),
]

export const acceptInvitation: ProvisionStep = {
  id: 'join/accept-invitation',
  marks: 'awaits-admission',
  title: 'Requesting an invitation from a master',
  async isDone(host) {
    if (await hasJoined(host)) return true
    const stat = await host.stat(CONFIGURATION)
    return stat !== undefined && stat.size > 0 && stat.mtimeMs > host.now().getTime() - FRESH_MS
  },
  async apply(host, params, context) {
    await host.makeDirectory(DIRECTORY, 0o700)
    if (host.isDryRun) return
    const invitation = await params.requestInvitation(context)
    if (invitation.role !== 'worker') throw new Error('found an invitation for a master')
    await removeFile(host, CONFIGURATION, USED)
    await host.write(CONFIGURATION, await writeYaml(await joinConfiguration(host.layout, params, invitation)), 0o600)
  },
}

export const runPreflight: ProvisionStep = {
  id: 'join/run-preflight',
  title: "Running kubeadm's preflight checks",
  async isDone(host) {
    return (await host.stat(REPORT)) !== undefined || (await isUnitActive(host, KUBELET_UNIT))
  },
  async apply(host, _params, { signal, log }) {
    await host.makeDirectory(KUBERNETES)
    const undo = { kind: 'nothing', because: 'it changes nothing' } as const
    const { stdout, stderr } = await runKubeadm(host, kubeadm(host.layout, 'preflight'), undo, signal)
    for (const warning of preflightWarnings(stderr)) log(warning)
    await host.write(REPORT, `${stdout}${stderr}`, 0o600)
  },
}

/** The kubelet creates its own key and gets a certificate with the token, which is not needed afterwards. */
export const startKubelet: ProvisionStep = {
  id: 'join/start-kubelet',
  title: 'Joining the cluster',
  async isDone(host) {
    const left = await Promise.all([CONFIGURATION, BOOTSTRAP_CONF].map((path) => host.stat(path)))
    if (left.some((stat) => stat !== undefined) || !(await unitIsEnabled(host, KUBELET_UNIT))) return false
    if ((await damagedCertificates(host)).length > 0) return false
    return (await hasJoined(host)) && (await isUnitActive(host, KUBELET_UNIT))
  },
  async apply(host, params, { signal }) {
    await expectWhatPodsLeave(host, params)
    await enableUnit(host, KUBELET_UNIT)
    await host.makeDirectory(KUBERNETES)
    for (const path of [BOOTSTRAP_CONF, KUBELET_CONF]) await host.expect({ kind: 'remove-path', path })
    await host.makeDirectory(KUBERNETES_PKI)
    await removeDamagedCertificates(host)
    if (!(await hasJoined(host))) {
      // With an incomplete file the kubelet would behave as if it had joined.
      await removeFile(host, KUBELET_CONF, 'the kubelet creates it again')
      const undo = { kind: 'unit', unit: KUBELET_UNIT, before: { active: false } } as const
      const again = await bootstrapKubeconfig(host, CONFIGURATION)
      if (again !== undefined) await startAgain(host, again)
      else {
        // kubeadm itself waits until the kubelet is healthy.
        await watchMeanwhile(host, { signal, watches: watchKubelet() }, (until) =>
          runKubeadm(host, kubeadm(host.layout, 'kubelet-start'), undo, until),
        )
      }
      const failure = async () => notJoined()
      await waitUntil(host, () => hasJoined(host), { signal, timeoutMs: JOIN_MS, failure, watches: watchKubelet() })
    }
    await host.setUnit(KUBELET_UNIT, { active: true })
    await syncKubelet(host, signal)
    await markOverride(host, params)
    for (const path of [BOOTSTRAP_CONF, CONFIGURATION]) await removeFile(host, path, USED)
  },
}

/** The kubelet writes its kubeconfig after it has its certificate, and syncs neither to disk. */
async function hasJoined(host: HostView): Promise<boolean> {
  return (await isWholeKubeconfig(host, KUBELET_CONF)) && (await hasIdentity(host))
}

async function startAgain(host: Host, kubeconfig: string): Promise<void> {
  await removeFile(host, BOOTSTRAP_CONF, USED)
  await host.write(BOOTSTRAP_CONF, kubeconfig, 0o600)
  await host.restartUnit(KUBELET_UNIT)
}

/** Without `host.remove`, which would keep a copy. */
async function removeFile(host: Host, path: string, because: string): Promise<void> {
  if ((await host.stat(path)) === undefined) return
  await host.run(['/usr/bin/rm', '--force', path], { kind: 'nothing', because })
}

function notJoined(): AgentError {
  return new AgentError(
    'join/no-certificate',
    `the kubelet got no certificate from the cluster within ${JOIN_MS / 1000} s`,
    {
      fix: 'see the reason in: journalctl -u kubelet; then provision again',
    },
  )
}
