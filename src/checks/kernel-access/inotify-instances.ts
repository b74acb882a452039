import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { ifReadable, processIds } from '../../host/kernel/processes.ts'

const LIMIT = '/proc/sys/fs/inotify/max_user_instances'
const INSTANCE = 'anon_inode:inotify'
/** Used by containerd, the kubelet, etcd and the agent. The check `sysctl` needs more, for pods. */
export const INSTANCES = 24
/** With this limit or a higher one, the used instances are not counted. */
const PLENTY = 1024
const RAISED = 8192

/** The limit applies to each user; Kubernetes runs as root. */
export async function inotifyInstances(host: HostView): Promise<Finding | undefined> {
  const limit = Number(await host.read(LIMIT))
  if (!(limit < PLENTY)) return undefined
  const counts = await Promise.all((await processIds(host)).map((pid) => countOf(host, pid)))
  const used = counts.reduce((sum, count) => sum + count, 0)
  if (used + INSTANCES <= limit) return undefined
  return {
    kind: used + INSTANCES / 2 > limit ? 'fail' : 'warn',
    found: `root uses ${used} of ${limit} inotify instances`,
    wanted: `${INSTANCES} free instances; without them the kubelet exits with "too many open files"`,
    fix: command`echo ${`fs.inotify.max_user_instances = ${RAISED}`} >> /etc/sysctl.d/90-inotify.conf && sysctl -w ${`fs.inotify.max_user_instances=${RAISED}`}`,
  }
}

async function countOf(host: HostView, pid: string): Promise<number> {
  const directory = `/proc/${pid}`
  if ((await ifReadable(() => host.stat(directory)))?.uid !== 0) return 0
  const names = (await ifReadable(() => host.list(`${directory}/fd`))) ?? []
  const targets = await Promise.all(names.map((name) => ifReadable(() => host.readLink(`${directory}/fd/${name}`))))
  return targets.filter((target) => target === INSTANCE).length
}
