import { AgentError } from '../../base/agent-error.ts'
import type { Host, HostView } from '../../host/host.ts'
import { UNITS } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { DATA, dropIn, MEMBER_DATA, WAL } from './templates.ts'

const DROP_IN = `${UNITS}/etcd.service.d/10-data.conf`

export async function hasData(host: HostView): Promise<boolean> {
  return (await host.stat(WAL)) !== undefined
}

/** Whether it has begun, and starts only with its data since. */
export async function needsData(host: HostView): Promise<boolean> {
  return (await host.stat(DROP_IN)) !== undefined || (await isLoaded(host))
}

/** systemd's own NeedDaemonReload does not tell of a drop-in that has come in a directory of its own. */
async function isLoaded(host: HostView): Promise<boolean> {
  const { stdout } = await host.ask(['systemctl', 'show', 'etcd.service', '--property=DropInPaths'])
  return stdout.includes(DROP_IN)
}

/** After the first start: a boot starts etcd by itself, also one at which the disk with its data is not there. */
export const keepToData: ProvisionStep = {
  id: 'etcd/keep-to-data',
  title: 'Letting etcd start with its data only',
  isDone: async (host) => (await host.read(DROP_IN)) === dropIn() && (await isLoaded(host)),
  async apply(host) {
    await host.write(DROP_IN, dropIn())
    await host.daemonReload()
  },
}

/** For a member that is taken in anew. */
export async function letBegin(host: Host): Promise<void> {
  if (!(await needsData(host))) return
  await host.remove(DROP_IN)
  await host.daemonReload()
}

/** Of a membership that has ended: etcd would refuse to start with them. */
export async function forgetData(host: Host): Promise<void> {
  const stopped = 'undoing ends with it stopped, as it was before its first start'
  const { stdout } = await host.ask(['systemctl', 'show', 'etcd.service', '--property=ActiveState'])
  if (!stdout.includes('=inactive')) {
    await host.run(['systemctl', 'stop', 'etcd.service'], { kind: 'nothing', because: stopped })
  }
  if ((await host.stat(MEMBER_DATA)) === undefined) return
  const because = 'they are of a member that is none any more'
  await host.run(['/usr/bin/rm', '--recursive', '--force', MEMBER_DATA], { kind: 'nothing', because })
}

export function dataMissing(): AgentError {
  return new AgentError(
    'etcd/data-missing',
    `etcd has begun on this node, and ${WAL} is not there; without its data it would begin anew, as another cluster`,
    {
      fix: `mount the disk that holds ${DATA}, or restore ${MEMBER_DATA} from a snapshot, then provision again; where the data are lost: agent reset here, and configure the node again (other masters then take it in anew)`,
    },
  )
}
