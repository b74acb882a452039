import { AgentError } from '../../base/agent-error.ts'
import { ETCD_DATA, ETCD_UNIT, UNITS } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { MEMBER_DATA } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { keepReplacedData, removeMemberData } from './restore/replaced-data.ts'
import { dropIn, WAL } from './templates.ts'

const DROP_IN = `${UNITS}/${ETCD_UNIT}.d/10-data.conf`

/** There from before the first start of the first member until it has served. */
const FIRST_START = `${ETCD_DATA}/first-start`

/**
 * Prepares a start. A first member that was killed while it made its data never serves with it: so data that has never been served, and that
 * no step after the start could use, is removed. Data that somebody else brought has no such mark.
 */
export async function prepareStart(host: Host, params: Pick<ProvisionParams, 'task' | 'restore'>): Promise<void> {
  if (params.task !== 'first-master' || params.restore || (await needsData(host))) return
  if (await isFirstStart(host)) await removeFormerData(host, params)
  if (!(await hasData(host)))
    await host.write(FIRST_START, 'etcd was started for the first time, and has not served yet\n', 0o600)
}

export async function isFirstStart(host: HostView): Promise<boolean> {
  return (await host.stat(FIRST_START)) !== undefined
}

export async function endFirstStart(host: Host): Promise<void> {
  if (await isFirstStart(host)) await host.discard(FIRST_START, 'etcd has served')
}

export async function hasData(host: HostView): Promise<boolean> {
  return (await host.stat(WAL)) !== undefined
}

/** Whether etcd was started on this node before; since then it starts only with its data. */
export async function needsData(host: HostView): Promise<boolean> {
  return (await host.stat(DROP_IN)) !== undefined || (await isLoaded(host))
}

/** NeedDaemonReload of systemd does not detect a drop-in in a new directory. */
async function isLoaded(host: HostView): Promise<boolean> {
  const { DropInPaths = '' } = await unitProperties(host, ETCD_UNIT, ['DropInPaths'])
  return DropInPaths.includes(DROP_IN)
}

/** Applied after the first start: at a later boot the disk with the data can be missing, and etcd must not start then. */
export const keepToData: ProvisionStep = {
  id: 'etcd/keep-to-data',
  title: 'Configuring etcd to start only with its data',
  isDone: async (host) => (await host.read(DROP_IN)) === dropIn() && (await isLoaded(host)),
  async apply(host) {
    await host.write(DROP_IN, dropIn())
    await host.daemonReload()
  },
}

/** Allows etcd to start without data, for a member that is added again. */
export async function allowFirstStart(host: Host): Promise<void> {
  if (!(await needsData(host))) return
  await host.remove(DROP_IN)
  await host.daemonReload()
}

/**
 * Removes the data of a former member: etcd would refuse to start with it. After a recovery it can have what the survivor did not have,
 * so it is kept until the next one.
 */
export async function removeFormerData(host: Host, { restore }: Pick<ProvisionParams, 'restore'>): Promise<void> {
  const stopped = 'undo leaves the service stopped, as before its first start'
  if ((await unitProperties(host, ETCD_UNIT, ['ActiveState'])).ActiveState !== 'inactive') {
    await host.run(['systemctl', 'stop', ETCD_UNIT], { kind: 'nothing', because: stopped })
  }
  if ((await host.stat(MEMBER_DATA)) === undefined) return
  await (restore?.backup === null ? keepReplacedData(host, restore) : removeMemberData(host))
}

export function dataMissing(): AgentError {
  return new AgentError(
    'etcd/data-missing',
    `etcd has run on this node before, but ${WAL} does not exist; without its data etcd would start as another cluster`,
    {
      fix: `mount the disk that holds ${ETCD_DATA}, or restore ${MEMBER_DATA} from a snapshot, then provision again; if the data is lost: agent reset here, and configure the node again (the other masters then add it as a new member)`,
    },
  )
}
