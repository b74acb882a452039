import { ETCD_CONFIGURATION, ETCD_UNIT, UNITS } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { Host, HostView } from '../../host/host.ts'
import type { EtcdMember } from '../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { ETCD_PKI } from '../../provision/paths.ts'
import { allowFirstStart } from './data.ts'
import { configuration, sameConfiguration, unit } from './templates.ts'

const CONFIGURATION = `${ETCD_CONFIGURATION}/etcd.json`
const UNIT = `${UNITS}/${ETCD_UNIT}`
/** Files that need a restart after a change. etcd reads its server and peer certificates again at each handshake. */
export const readAtStart = ({ binaries }: Layout): string[] => [
  ...[`${binaries}/etcd`, CONFIGURATION, UNIT, `${ETCD_PKI}/ca.crt`],
]

type Others = readonly EtcdMember[]

export async function isConfigured(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [found, foundUnit] = await Promise.all([host.read(CONFIGURATION), host.read(UNIT)])
  return sameConfiguration(found, textFor(params, [])) && foundUnit === unit(host.layout, CONFIGURATION)
}

/** Compares the whole text: a member without data needs the exact list of the other members, otherwise etcd refuses to start. */
export async function isConfiguredToJoin(host: HostView, params: ProvisionParams, others: Others): Promise<boolean> {
  return (await isConfigured(host, params)) && (await host.read(CONFIGURATION)) === textFor(params, others)
}

/** @param others the members that this one joins */
export async function writeFiles(host: Host, params: ProvisionParams, others: Others): Promise<void> {
  // A node without a configuration is no member: a drop-in that a failed reset left behind requires data that was removed.
  if ((await host.stat(CONFIGURATION)) === undefined) await allowFirstStart(host)
  await host.makeDirectory(ETCD_CONFIGURATION, 0o700)
  await host.write(CONFIGURATION, textFor(params, others), 0o600)
  await host.write(UNIT, unit(host.layout, CONFIGURATION))
}

function textFor({ node, cluster }: ProvisionParams, others: Others): string {
  return configuration({ name: node.name, address: node.address, others, token: cluster.id, pki: ETCD_PKI })
}
