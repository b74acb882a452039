import type { Host, HostView } from '../../host/host.ts'
import type { EtcdMember } from '../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { ETCD_PKI, UNITS } from '../../provision/paths.ts'
import { letBegin } from './data.ts'
import { configuration, sameConfiguration, unit } from './templates.ts'

const CONFIGURATION = '/etc/etcd/etcd.json'
const UNIT = `${UNITS}/etcd.service`
/** etcd reads its leaves again at each handshake; only these need a restart. */
export const READ_AT_START = [CONFIGURATION, UNIT, `${ETCD_PKI}/ca.crt`]

type Others = readonly EtcdMember[]

export async function isConfigured(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [found, foundUnit] = await Promise.all([host.read(CONFIGURATION), host.read(UNIT)])
  return sameConfiguration(found, textFor(params, [])) && foundUnit === unit(CONFIGURATION)
}

/** To the letter: a member without data begins with the others that are named there, and etcd refuses any other list. */
export async function isConfiguredToJoin(host: HostView, params: ProvisionParams, others: Others): Promise<boolean> {
  return (await isConfigured(host, params)) && (await host.read(CONFIGURATION)) === textFor(params, others)
}

/** `others`: the members that this one joins. */
export async function writeFiles(host: Host, params: ProvisionParams, others: Others): Promise<void> {
  // A node without a configuration has no member: a rule that a failed reset left behind is of data that are gone with it.
  if ((await host.stat(CONFIGURATION)) === undefined) await letBegin(host)
  await host.makeDirectory('/etc/etcd', 0o700)
  await host.write(CONFIGURATION, textFor(params, others), 0o600)
  await host.write(UNIT, unit(CONFIGURATION))
}

function textFor({ node, cluster }: ProvisionParams, others: Others): string {
  return configuration({ name: node.name, address: node.address, others, token: cluster.id, pki: ETCD_PKI })
}
