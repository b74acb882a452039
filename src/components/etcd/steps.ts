import { ETCD_PKI, UNITS } from '../../kubernetes/paths.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import { startUnit, unitIsCurrent } from '../../kubernetes/units.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { configuration, DATA, unit } from './templates.ts'

const CONFIGURATION = '/etc/etcd/etcd.json'
const UNIT = `${UNITS}/etcd.service`
/** etcd reads its leaves again at each handshake; only these need a restart. */
const READ_AT_START = [CONFIGURATION, UNIT, `${ETCD_PKI}/ca.crt`]

export const writeConfiguration: ProvisionStep = {
  id: 'etcd/write-configuration',
  title: 'Configuring etcd',
  async isDone(host, params) {
    return (await host.read(CONFIGURATION)) === text(params) && (await host.read(UNIT)) === unit(CONFIGURATION)
  },
  async apply(host, params) {
    await host.makeDirectory('/etc/etcd', 0o700)
    await host.write(CONFIGURATION, text(params), 0o600)
    await host.write(UNIT, unit(CONFIGURATION))
  },
}

/** The unit notifies once the member serves: after that the step is done. */
export const startService: ProvisionStep = {
  id: 'etcd/start-service',
  title: 'Starting etcd',
  async isDone(host) {
    return (await host.stat(DATA)) !== undefined && (await unitIsCurrent(host, 'etcd.service', READ_AT_START))
  },
  async apply(host) {
    await host.makeDirectory(DATA, 0o700)
    await startUnit(host, 'etcd.service', READ_AT_START)
  },
}

function text(params: ProvisionParams): string {
  return configuration({
    name: params.node.name,
    address: params.node.address,
    token: params.cluster.id,
    pki: ETCD_PKI,
  })
}
