import { command, inOrder } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { ifReadable, processIds } from '../../host/kernel/processes.ts'
import { CGROUP_ROOT } from '../../host/parse/cgroups.ts'

/** SCHED_FIFO and SCHED_RR of sched(7). */
const REAL_TIME = ['1', '2']
/** Index of the field in proc_pid_stat(5), counted after the name, which can contain spaces and parentheses. */
const POLICY = 38
const MOST_SHOWN = 5

interface Task {
  pid: string
  name: string
  group: string
}

/**
 * A kernel with CONFIG_RT_GROUP_SCHED refuses to enable the `cpu` controller (EINVAL) while a real-time task runs outside the
 * root control group. Containers then have no CPU limits, or do not start. No finding once the controller is enabled.
 */
export async function realTimeTasks(host: HostView): Promise<Finding[]> {
  const enabled = ((await host.read(`${CGROUP_ROOT}/cgroup.subtree_control`)) ?? '').trim().split(/\s+/)
  if (enabled.includes('cpu')) return []
  const setting = await kernelSetting(host)
  if (setting === 'n') return []
  const found = (await Promise.all((await processIds(host)).map((pid) => realTimeTask(host, pid)))).filter(
    (task) => task !== undefined,
  )
  if (found.length === 0) return []
  const names = found.slice(0, MOST_SHOWN).map(({ pid, name, group }) => `${name} (pid ${pid}, ${group})`)
  return [
    {
      kind: setting === 'y' ? 'fail' : 'warn',
      found: `the cpu controller is not enabled in ${CGROUP_ROOT}/cgroup.subtree_control, and real-time tasks run outside the root control group: ${names.join(', ')}`,
      wanted:
        'no real-time task outside the root control group while the cpu controller is enabled (CONFIG_RT_GROUP_SCHED)',
      fix: inOrder(
        ...found.map(({ pid }) => command`chrt --all-tasks --other --pid 0 ${pid}`),
        command`echo +cpu > ${`${CGROUP_ROOT}/cgroup.subtree_control`}`,
      ),
    },
  ]
}

/** Undefined when the kernel configuration is not readable. */
async function kernelSetting(host: HostView): Promise<'y' | 'n' | undefined> {
  const release = ((await host.read('/proc/sys/kernel/osrelease')) ?? '').trim()
  const paths = [`/boot/config-${release}`, `/lib/modules/${release}/config`, `/usr/lib/modules/${release}/config`]
  const texts = await Promise.all(paths.map((path) => host.read(path)))
  const text = texts.find((each) => each !== undefined)
  if (text === undefined) return undefined
  // Since Linux 6.14 the kernel command line can override it.
  const [, switched] = /\brt_group_sched=(\S+)/.exec((await host.read('/proc/cmdline')) ?? '') ?? []
  if (!/^CONFIG_RT_GROUP_SCHED=y$/m.test(text)) return 'n'
  const isOff = /^CONFIG_RT_GROUP_SCHED_DEFAULT_DISABLED=y$/m.test(text)
  return (switched === undefined ? isOff : switched === '0') ? 'n' : 'y'
}

async function realTimeTask(host: HostView, pid: string): Promise<Task | undefined> {
  const group = /^0::(.*)$/m.exec((await ifReadable(() => host.read(`/proc/${pid}/cgroup`))) ?? '')?.[1]
  if (group === undefined || group === '/') return undefined
  const threads = (await ifReadable(() => host.list(`/proc/${pid}/task`))) ?? []
  const stats = await Promise.all(threads.map((id) => ifReadable(() => host.read(`/proc/${pid}/task/${id}/stat`))))
  const isRealTime = (stat = '') => REAL_TIME.includes(policyOf(stat))
  const stat = stats.find(isRealTime)
  return stat === undefined ? undefined : { pid, name: /\((.*)\)/s.exec(stat)?.[1] ?? '?', group }
}

function policyOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[POLICY] ?? ''
}
