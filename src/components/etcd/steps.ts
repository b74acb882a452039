import { ETCD_DATA, ETCD_UNIT } from '../../base/kubernetes-paths.ts'
import { MEMBER_DATA } from '../../provision/paths.ts'
import { endStaticPods } from '../../provision/pods/static-pod-containers.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { startUnit, unitIsCurrent } from '../../provision/steps/units.ts'
import { dataMissing, endFirstStart, hasData, isFirstStart, needsData, prepareStart } from './data.ts'
import { isConfigured, readAtStart, writeFiles } from './files.ts'

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
    if ((await host.stat(ETCD_DATA)) === undefined || (await isFirstStart(host))) return false
    return unitIsCurrent(host, ETCD_UNIT, readAtStart(host.layout))
  },
  async apply(host, params, { signal }) {
    if ((await needsData(host)) && !(await hasData(host))) throw dataMissing()
    await host.makeDirectory(ETCD_DATA, 0o700)
    // Only this directory: its parent can be a mount point that is not empty.
    await host.expect({ kind: 'remove-tree', path: MEMBER_DATA })
    await prepareStart(host, params)
    // etcd closes its ports at once, but ends only when no client watches, or after 7 s (its ReqTimeout). So long an API server that
    // runs would let requests wait. One that has ended refuses them, and clients use another master.
    const beforeRestart = () => endStaticPods(host, params, ['kube-apiserver'], signal)
    await startUnit(host, ETCD_UNIT, readAtStart(host.layout), { signal, beforeRestart })
    await endFirstStart(host)
  },
}
