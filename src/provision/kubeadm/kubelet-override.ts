import { KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../params.ts'
import { identityOfSettings } from './identity.ts'

/** Beside the configuration, which a worker's kubelet gets from the cluster: of which setting it is. */
const MARK = `${KUBELET_STATE}/cantrip-configuration`

const identityFor = ({ cluster }: Pick<ProvisionParams, 'cluster'>) =>
  identityOfSettings({ kubelet: cluster.overrides.kubelet })

/** Whether the worker has fetched its configuration since the setting changed. Without a mark it has that of a cluster without an override. */
export async function hasOverride(host: HostView, params: Pick<ProvisionParams, 'cluster'>): Promise<boolean> {
  return ((await host.read(MARK))?.trim() || undefined) === identityFor(params)
}

/** For a worker that has just fetched its configuration. */
export async function markOverride(host: Host, params: Pick<ProvisionParams, 'cluster'>): Promise<void> {
  const identity = identityFor(params)
  if (identity !== undefined || (await host.stat(MARK)) !== undefined) await host.write(MARK, `${identity ?? ''}\n`)
}
