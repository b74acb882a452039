import { AgentError } from '../../errors/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { cgroupVersion } from '../../host/parse/cgroups.ts'
import { parseMountinfo } from '../../host/parse/mountinfo.ts'
import { compareVersions } from '../../host/parse/os-release.ts'
import { parseSwaps } from '../../host/parse/swaps.ts'
import { readOverride } from '../../kubernetes/overrides.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import type { ProvisionParams } from '../../roles/params.ts'

/** From here on a kubelet ends at its start on control groups of version 1, unless it is told not to (KEP-5573). */
const REFUSES_CGROUP_V1_SINCE = '1.35'

/**
 * A kubelet that finds swap or old control groups ends at once, and systemd starts it again and again. Here, where its
 * configuration is known, the run ends before anything is done instead.
 */
export const meetKubelet: ProvisionStep = {
  id: 'kernel/meet-kubelet',
  title: 'Comparing the machine with the configuration of the kubelet',
  isDone: async (host, params) => (await obstacle(host, params)) === undefined,
  async apply(host, params) {
    const error = await obstacle(host, params)
    if (error !== undefined) throw error
  },
}

async function obstacle(host: HostView, { cluster }: ProvisionParams): Promise<AgentError | undefined> {
  const [mountinfo = '', swaps = '', documents] = await Promise.all([
    host.read('/proc/self/mountinfo'),
    host.read('/proc/swaps'),
    readOverride('kubelet', cluster.overrides.kubelet, ['KubeletConfiguration']),
  ])
  const refuses = (setting: string) => documents.findLast((document) => setting in document)?.[setting] !== false
  const isNew = compareVersions(cluster.kubernetesVersion.replace(/^v/, ''), REFUSES_CGROUP_V1_SINCE) >= 0
  if (isNew && cgroupVersion(parseMountinfo(mountinfo)) === 1 && refuses('failCgroupV1'))
    return new AgentError(
      'kubelet/cgroup-v1',
      `this machine has control groups of version 1, which the kubelet of Kubernetes ${cluster.kubernetesVersion} refuses`,
      {
        fix: `boot it with systemd.unified_cgroup_hierarchy=1, or ${allow('failCgroupV1')}`,
      },
    )
  const [swap] = parseSwaps(swaps)
  if (swap !== undefined && refuses('failSwapOn'))
    return new AgentError('kubelet/swap-on', `swap is on (${swap.path}), which the kubelet refuses`, {
      fix: `swapoff -a, and take it out of /etc/fstab; or ${allow('failSwapOn')}`,
    })
  return undefined
}

function allow(setting: string): string {
  return `put ${setting}: false into the file that is given to the cluster with --override kubelet=FILE`
}
