import type { Host, HostView } from '../../host/host.ts'
import { ETCD_PKI, UNITS } from '../../kubernetes/paths.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { configuration, sameConfiguration, unit } from './templates.ts'

const CONFIGURATION = '/etc/etcd/etcd.json'
const UNIT = `${UNITS}/etcd.service`
/** etcd reads its leaves again at each handshake; only these need a restart. */
export const READ_AT_START = [CONFIGURATION, UNIT, `${ETCD_PKI}/ca.crt`]

export async function isConfigured(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [found, foundUnit] = await Promise.all([host.read(CONFIGURATION), host.read(UNIT)])
  return sameConfiguration(found, textFor(params, {})) && foundUnit === unit(CONFIGURATION)
}

/** `others`: the members that this one joins, peer URL by name. */
export async function writeFiles(host: Host, params: ProvisionParams, others: Record<string, string>): Promise<void> {
  await host.makeDirectory('/etc/etcd', 0o700)
  await host.write(CONFIGURATION, textFor(params, others), 0o600)
  await host.write(UNIT, unit(CONFIGURATION))
}

function textFor({ node, cluster }: ProvisionParams, others: Record<string, string>): string {
  return configuration({ name: node.name, address: node.address, others, token: cluster.id, pki: ETCD_PKI })
}
