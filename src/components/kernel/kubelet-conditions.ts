import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { HostView } from '../../host/host.ts'
import { KUBELET_SYSCTLS } from '../../host/kernel/kubelet-sysctls.ts'
import { cgroupVersion } from '../../host/parse/cgroups.ts'
import { isReadOnly, mountOf, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { compareVersions } from '../../host/parse/os-release.ts'
import { parseSwaps } from '../../host/parse/swaps.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { fullDisk } from './full-disk.ts'
import { isIgnoredByKubeadm, kubeletSetting } from './override-settings.ts'

/** Since this version the kubelet exits at start on control groups of version 1, unless failCgroupV1 is false (KEP-5573). */
const REFUSES_CGROUP_V1_SINCE = '1.35'
const SYSTEM_VERIFICATION = 'SystemVerification'

/**
 * A kubelet that finds swap or old control groups exits at once, and systemd restarts it again and again. This step knows its
 * configuration, and fails before anything is changed.
 */
export const meetKubelet: ProvisionStep = {
  id: 'kernel/meet-kubelet',
  title: 'Comparing the machine with the kubelet configuration',
  isDone: async (host, params) => (await obstacle(host, params)) === undefined,
  async apply(host, params) {
    const error = await obstacle(host, params)
    if (error !== undefined) throw error
  },
}

async function obstacle(host: HostView, params: ProvisionParams): Promise<AgentError | undefined> {
  const { cluster } = params
  const [mountinfo = '', swaps = '', failSwapOn] = await Promise.all([
    host.read('/proc/self/mountinfo'),
    host.read('/proc/swaps'),
    kubeletSetting(cluster.overrides, 'failSwapOn'),
  ])
  if (cgroupVersion(parseMountinfo(mountinfo)) === 1) {
    const error = await refusalOfVersion1(params)
    if (error !== undefined) return error
  }
  const [swap] = parseSwaps(swaps)
  if (swap !== undefined && failSwapOn !== false)
    return new AgentError('kubelet/swap-on', `swap is on (${swap.path}), which the kubelet refuses`, {
      fix: `turn it off as the check "swap" says: agent precheck; or ${allow('failSwapOn')}`,
    })
  return (await readOnlyParameters(host, mountinfo)) ?? (await fullDisk(host, cluster.overrides))
}

/** A preflight check of kubeadm also refuses version 1, regardless of the kubelet configuration. */
async function refusalOfVersion1(params: ProvisionParams): Promise<AgentError | undefined> {
  const { kubernetesVersion, overrides } = params.cluster
  if (compareVersions(kubernetesVersion.replace(/^v/, ''), REFUSES_CGROUP_V1_SINCE) < 0) return undefined
  const isAllowed = (await kubeletSetting(overrides, 'failCgroupV1')) === false
  if (isAllowed && (await isIgnoredByKubeadm(SYSTEM_VERIFICATION, params))) return undefined
  const refuses = isAllowed ? "kubeadm's check SystemVerification" : 'the kubelet'
  const ignoring = `nodeRegistration: {ignorePreflightErrors: [${SYSTEM_VERIFICATION}]}`
  return new AgentError(
    'kubelet/cgroup-v1',
    `this machine has control groups of version 1, which ${refuses} of Kubernetes ${kubernetesVersion} refuses`,
    {
      fix: `boot it with systemd.unified_cgroup_hierarchy=1, or ${allow('failCgroupV1')} and ${ignoring} into the one that is passed with --override kubeadm=FILE`,
    },
  )
}

/** If /proc/sys is read-only (a container), nothing can set the parameters that the kubelet needs, and it exits at start. */
async function readOnlyParameters(host: HostView, mountinfo: string): Promise<AgentError | undefined> {
  const mount = mountOf('/proc/sys', parseMountinfo(mountinfo))
  if (mount === undefined || !isReadOnly(mount)) return undefined
  const found = await Promise.all(
    KUBELET_SYSCTLS.map(async ([key]) => (await host.read(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim()),
  )
  const others = KUBELET_SYSCTLS.filter(([, value], index) => found[index] !== undefined && found[index] !== value)
  if (others.length === 0) return undefined
  const settings = others.map(([key, value]) => `${key}=${value}`)
  return new AgentError(
    'kubelet/read-only-parameters',
    `/proc/sys is read-only, and the kubelet needs other kernel parameters: ${settings.join(', ')}`,
    { fix: `on the host of this container: ${command`sysctl -w ${settings}`}` },
  )
}

function allow(setting: string): string {
  return `put ${setting}: false into the file that is passed to the cluster with --override kubelet=FILE`
}
