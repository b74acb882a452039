import type { ProvisionStep } from '../../provision/provision.ts'
import { startUnit, unitIsCurrent } from '../../provision/steps/units.ts'
import { dataMissing, hasData, needsData } from './data.ts'
import { isConfigured, READ_AT_START, writeFiles } from './files.ts'
import { DATA, MEMBER_DATA } from './templates.ts'

export const writeConfiguration: ProvisionStep = {
  id: 'etcd/write-configuration',
  title: 'Configuring etcd',
  isDone: (host, params) => isConfigured(host, params),
  apply: (host, params) => writeFiles(host, params, []),
}

/** The unit notifies systemd as soon as the member serves requests. */
export const startService: ProvisionStep = {
  id: 'etcd/start-service',
  title: 'Starting etcd',
  async isDone(host) {
    return (await host.stat(DATA)) !== undefined && (await unitIsCurrent(host, 'etcd.service', READ_AT_START))
  },
  async apply(host, _params, { signal }) {
    if ((await needsData(host)) && !(await hasData(host))) throw dataMissing()
    await host.makeDirectory(DATA, 0o700)
    // Only this directory: DATA can be a mount point that is not empty.
    await host.expect({ kind: 'remove-tree', path: MEMBER_DATA })
    await startUnit(host, 'etcd.service', READ_AT_START, signal)
  },
}
