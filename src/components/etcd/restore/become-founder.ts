import { AgentError } from '../../../base/agent-error.ts'
import { ETCD_DATA, ETCD_UNIT } from '../../../base/kubernetes-paths.ts'
import type { Layout } from '../../../base/layout.ts'
import type { HostView } from '../../../host/host.ts'
import { isUnitActive } from '../../../host/units/is-unit-active.ts'
import { waitUntil } from '../../../host/units/wait-until.ts'
import { admitBackup } from '../../../provision/etcd/backup/admit.ts'
import { CONFIGURATION, DATABASE, snapshotOf } from '../../../provision/etcd/backup/places.ts'
import { etcdutl } from '../../../provision/etcd/backup/snapshot-status.ts'
import { clientAnswers, peerUrlOf } from '../../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../../provision/params.ts'
import { MEMBER_DATA } from '../../../provision/paths.ts'
import type { ProvisionStep } from '../../../provision/provision.ts'
import { addressOf, isFounder, markIn, orderOf } from './founder.ts'
import { keepReplacedData, move, remove, WITH_DATA } from './replaced-data.ts'

/** The last restore whose backup was verified. */
const VERIFIED = `${CONFIGURATION}/verified`
/** The restored data, until it is whole. */
const PART = `${ETCD_DATA}/restored-data`
/** Above what any client can have seen since the backup: its watches and caches then begin again. As etcd's documentation advises. */
const BUMP = 1_000_000_000
const OTHERS_MS = 300_000

/** Before anything is stopped. */
export const verifyBackup: ProvisionStep = {
  id: 'etcd/verify-backup',
  title: 'Verifying the backup of etcd',
  async isDone(host, params) {
    const { id, backup } = orderOf(params)
    return backup === null || (await host.read(VERIFIED))?.trim() === id
  },
  async apply(host, params) {
    const { id, backup } = orderOf(params)
    if (backup !== null) await admitBackup(host, backup, params.cluster)
    await host.write(VERIFIED, `${id}\n`)
  },
}

/** No API server may write to the former etcd any more, also not through another master. */
export const awaitOthers: ProvisionStep = {
  id: 'etcd/await-others',
  title: 'Waiting until etcd on the other masters is stopped',
  isDone: async (host, params) => (await isFounder(host, params)) || (await othersThatRun(host, params)).length === 0,
  async apply(host, params, { signal }) {
    const failure = async () => {
      const names = (await othersThatRun(host, params)).join(', ')
      return new AgentError('restore/others-run', `etcd still runs on ${names}; nothing was replaced`, {
        fix: 'see why in the log of that node: controller node logs NODE; then: controller cluster provision NAME, which starts everything again, with the present data',
      })
    }
    const isQuiet = async () => (await othersThatRun(host, params)).length === 0
    await waitUntil(host, isQuiet, { signal, timeoutMs: OTHERS_MS, failure })
  },
}

async function othersThatRun(host: HostView, params: ProvisionParams): Promise<string[]> {
  const { nodes, source } = orderOf(params)
  const others = nodes.filter((name) => name !== source)
  const run = await Promise.all(others.map((name) => clientAnswers(host, addressOf(params, name))))
  return others.filter((_, index) => run[index])
}

/**
 * Makes a cluster of one member from the backup, or from the own data. The former data is kept beside it until the next restore. Each
 * state in which this can be killed is continued: the restored data has its mark only when it is whole.
 */
export const replaceData: ProvisionStep = {
  id: 'etcd/replace-data',
  title: 'Replacing the data of etcd',
  marks: 'replaces-data',
  isDone: (host, params) => isFounder(host, params),
  async apply(host, params, { signal }) {
    // A stopped etcd has written all that it had agreed on to its database.
    if (await isUnitActive(host, ETCD_UNIT)) {
      await host.run(['systemctl', 'stop', ETCD_UNIT], { kind: 'nothing', because: 'it is started again' }, { signal })
    }
    if (host.isDryRun) return
    const order = orderOf(params)
    const { id } = order
    if ((await host.read(markIn(PART)))?.trim() !== id) {
      await host.expect({ kind: 'remove-tree', path: PART })
      await remove(host, PART)
      await host.run(restoreArgv(host.layout, params), WITH_DATA, { signal, timeoutMs: 600_000 })
      await host.write(markIn(PART), `${id}\n`, 0o600)
      await host.run(['sync', PART], WITH_DATA, { signal })
    }
    if ((await host.stat(MEMBER_DATA)) !== undefined) await keepReplacedData(host, order, signal)
    await host.run(move(PART, MEMBER_DATA), WITH_DATA, { signal })
    await host.run(['sync', ETCD_DATA], WITH_DATA, { signal })
  },
}

function restoreArgv(layout: Layout, params: ProvisionParams) {
  const { name, address } = params.node
  const { id, backup } = orderOf(params)
  const peer = peerUrlOf(address)
  return [
    etcdutl(layout),
    ...['snapshot', 'restore', backup === null ? DATABASE : snapshotOf(backup), '--data-dir', PART],
    // A database has no checksum of etcdctl.
    ...(backup === null ? ['--skip-hash-check'] : []),
    ...['--name', name, '--initial-cluster', `${name}=${peer}`, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster-token', id, '--bump-revision', String(BUMP), '--mark-compacted'],
  ] as const
}
