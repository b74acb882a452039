import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import type { HostView } from '../../host/host.ts'
import { ifReadable } from '../../host/kernel/processes.ts'
import { countCommon, parseNumberList } from '../../host/parse/number-list.ts'

const CORES = { master: 2, worker: 1, storage: 1 } as const

export const check: Check = {
  id: 'cpu',
  title: 'CPU cores',
  hard: true,
  why: 'A control plane needs 2 cores to keep etcd and the API server responsive (kubeadm refuses fewer); a worker needs 1.',
  remedy: 'Give the machine more virtual CPUs, or choose another one.',
  thresholds: Object.entries(CORES).map(([role, cores]) => ({ of: `cores (${role})`, fail: `fewer than ${cores}` })),
  timeoutMs: 15_000,
  async look(host: HostView, { roles }: CheckParams): Promise<Verdict> {
    const cores = (await coresOfServices(host)) || host.cpuCount()
    const { must, may } = judgedRoles(roles)
    const found = `${cores} ${cores === 1 ? 'core' : 'cores'}`
    const fix = 'give the machine more virtual CPUs, or choose another one'
    for (const role of must)
      if (cores < CORES[role]) return { kind: 'fail', found, wanted: `${CORES[role]} for a ${role}`, fix }
    for (const role of may)
      if (cores < CORES[role])
        return {
          kind: 'warn',
          found,
          wanted: `${CORES[role]} for a ${role}`,
          fix: `${fix}; it is sufficient for a worker`,
        }
    return { kind: 'pass', found }
  },
}

/**
 * The CPUs of process 1, and so of the services that it starts; a login session can have fewer. The allowed list also names
 * CPUs that are offline or can be added while the machine runs.
 */
async function coresOfServices(host: HostView): Promise<number> {
  const [status = '', online = ''] = await Promise.all([
    ifReadable(() => host.read('/proc/1/status')),
    host.read('/sys/devices/system/cpu/online'),
  ])
  const allowed = parseNumberList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
  return countCommon(parseNumberList(online), allowed)
}
