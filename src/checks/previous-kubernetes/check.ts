import type { Check, CheckParams, Verdict } from '../../engine/check.ts'
import { ownKubernetes } from '../../engine/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { distributionTraces, networkAndPodTraces, runningProcesses } from './find-traces.ts'
import { DISTRIBUTIONS } from './traces.ts'

const MOST_SHOWN = 8

export const check: Check = {
  id: 'previous-kubernetes',
  title: 'No earlier Kubernetes',
  hard: true,
  why: 'Binaries, units, processes, state, mounts and network links of an earlier Kubernetes make a new one fail in odd ways. Docker, podman, and empty directories do not matter.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    if (await ownKubernetes(host, ownStateDirectory))
      return { kind: 'pass', found: 'Kubernetes of this installation alone' }
    const names = new Set(DISTRIBUTIONS.flatMap((distribution) => distribution.processes))
    const [traces, running, others] = await Promise.all([
      Promise.all(DISTRIBUTIONS.map((distribution) => distributionTraces(host, distribution))),
      runningProcesses(host, names),
      networkAndPodTraces(host),
    ])
    const found = DISTRIBUTIONS.map((distribution, i) => {
      const active = distribution.processes.flatMap((name) => running.get(name) ?? [])
      return { distribution, traces: [...active, ...(traces[i] ?? [])] }
    }).filter((entry) => entry.traces.length > 0)
    const all = [...found.flatMap((entry) => entry.traces), ...others]
    if (all.length === 0) return { kind: 'pass', found: 'no trace' }
    const more = all.length > MOST_SHOWN ? `, and ${all.length - MOST_SHOWN} more` : ''
    const fixes = found.map(({ distribution }) => distribution.fix)
    return {
      kind: 'fail',
      found: `${all.slice(0, MOST_SHOWN).join(', ')}${more}`,
      wanted: 'no trace of an earlier Kubernetes',
      fix: [...fixes, ...(others.length > 0 ? [otherFix(others)] : [])].join('; '),
    }
  },
}

/** Files are removed by name; mounts and links end with a restart, once nothing brings them back. */
function otherFix(others: readonly string[]): string {
  const files = others.filter((trace) => trace.startsWith('/'))
  const remove = files.length > 0 ? [`rm -rf ${files.join(' ')}`] : []
  return [...remove, ...(files.length < others.length ? ['reboot'] : [])].join('; ')
}
