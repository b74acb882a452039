import { advice, command, inOrder } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { CGROUP_ROOT } from '../../host/parse/cgroups.ts'

/** Threads of containerd, the kubelet, a control plane and some pods. */
export const TASKS = 2_000
const RAISED = 4_194_304

const LIMITS = ['pid_max', 'threads-max'] as const

/** The kernel's limits apply to the whole machine; a container has its own limit, which can only be raised on its host. */
export async function tasks(host: HostView): Promise<Finding | undefined> {
  const [load = '', limits, ofContainer, inContainer] = await Promise.all([
    host.read('/proc/loadavg'),
    Promise.all(LIMITS.map((name) => numberIn(host, `/proc/sys/kernel/${name}`))),
    numberIn(host, `${CGROUP_ROOT}/pids.max`),
    numberIn(host, `${CGROUP_ROOT}/pids.current`),
  ])
  const wanted = `${TASKS} free`
  if (inContainer + TASKS > ofContainer) {
    const fix = advice('raise the task limit of this container on its host (LXC: lxc.cgroup2.pids.max)')
    return { kind: 'fail', found: `${inContainer} of ${ofContainer} tasks of this container in use`, wanted, fix }
  }
  const used = Number(/\/(\d+) /.exec(load)?.[1])
  const index = limits.findIndex((limit) => used + TASKS > limit)
  const name = LIMITS[index]
  if (name === undefined) return undefined
  return {
    kind: 'fail',
    found: `${used} tasks, and kernel.${name} is ${limits[index]}`,
    wanted,
    fix: inOrder(
      command`echo ${`kernel.${name} = ${RAISED}`} > ${`/etc/sysctl.d/90-${name}.conf`}`,
      command`sysctl -w ${`kernel.${name}=${RAISED}`}`,
    ),
  }
}

/** NaN if there is no limit (`max`): every comparison with it is false. */
async function numberIn(host: HostView, path: string): Promise<number> {
  return Number((await host.read(path))?.trim())
}
