import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import type { HostView } from '../../host/host.ts'

const MIB = 1024 * 1024

/** MiB that the kernel must report: less than the nominal 2 GiB and 1 GiB, because the kernel reserves some. */
const NEEDED_MIB = { master: 1_700, worker: 900, storage: 900 } as const

export const check: Check = {
  id: 'memory',
  title: 'Memory',
  hard: true,
  why: 'A control plane needs 1700 MiB (kubeadm refuses less); a worker 900 MiB for kubelet, containerd and the system pods.',
  remedy: 'Give the machine more memory, or choose another one.',
  thresholds: Object.entries(NEEDED_MIB).map(([role, mib]) => ({
    of: `memory (${role})`,
    fail: `less than ${mib} MiB`,
  })),
  timeoutMs: 15_000,
  async look(host: HostView, { roles }: CheckParams): Promise<Verdict> {
    const mib = Math.floor(host.memoryBytes() / MIB)
    const { must, may } = judgedRoles(roles)
    const found = `${mib} MiB`
    const fix = 'give the machine more memory, or choose another one'
    for (const role of must)
      if (mib < NEEDED_MIB[role]) return { kind: 'fail', found, wanted: `${NEEDED_MIB[role]} MiB for a ${role}`, fix }
    for (const role of may)
      if (mib < NEEDED_MIB[role]) {
        const wanted = `${NEEDED_MIB[role]} MiB for a ${role}`
        return { kind: 'warn', found, wanted, fix: `${fix}; it is sufficient for a worker` }
      }
    return { kind: 'pass', found }
  },
}
