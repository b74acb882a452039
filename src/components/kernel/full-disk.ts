import { AgentError } from '../../base/agent-error.ts'
import { type EvictionHard, shortagesOf, thresholdsOf } from '../../engine/checks/kubelet-evictions.ts'
import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBELET_CONF } from '../../provision/paths.ts'
import { kubeletSetting } from './override-settings.ts'

type Overrides = ProvisionParams['cluster']['overrides']

/** Below its eviction thresholds the kubelet accepts no pods. On a node that has joined already, that can be temporary. */
export async function fullDisk(host: HostView, overrides: Overrides): Promise<AgentError | undefined> {
  if ((await host.stat(KUBELET_CONF)) !== undefined) return undefined
  const [shortage] = await shortagesOf(host, await evictionHard(overrides))
  if (shortage === undefined) return undefined
  const { signal, threshold, mountPoint, free, total } = shortage
  const share = ((free / total) * 100).toFixed(1)
  return new AgentError(
    'kubelet/disk-pressure',
    `${share} % is free on ${mountPoint}; with less than ${threshold} (${signal}) the kubelet evicts pods and accepts no new ones`,
    {
      fix: 'free space or mount a larger disk; or set a lower evictionHard in the file passed to the cluster with --override kubelet=FILE',
    },
  )
}

async function evictionHard(overrides: Overrides): Promise<EvictionHard> {
  const [hard, merges] = await Promise.all([
    kubeletSetting(overrides, 'evictionHard'),
    kubeletSetting(overrides, 'mergeDefaultEvictionSettings'),
  ])
  return thresholdsOf({ evictionHard: hard as EvictionHard | undefined, mergeDefaultEvictionSettings: merges === true })
}
