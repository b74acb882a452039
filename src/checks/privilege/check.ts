import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'

/** Bits of CapEff that mounts and network links need. */
const NEEDED_CAPABILITIES = [
  { bit: 12n, name: 'CAP_NET_ADMIN' },
  { bit: 21n, name: 'CAP_SYS_ADMIN' },
] as const

export const check: Check = {
  id: 'privilege',
  title: 'Root privileges',
  hard: true,
  strict: true,
  why: 'Only root can create units, mounts, network links and files in /etc; root in an unprivileged container cannot.',
  remedy: 'Run the command as root, on the machine itself.',
  thresholds: [{ of: 'capabilities', fail: `without ${NEEDED_CAPABILITIES.map(({ name }) => name).join(', ')}` }],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const uid = host.uid()
    const wanted = 'root (uid 0)'
    if (uid !== 0) return { kind: 'fail', found: `uid ${uid}`, wanted, fix: 'run the same command with sudo' }
    const missing = missingCapabilities((await host.read('/proc/self/status')) ?? '')
    if (missing.length === 0) return { kind: 'pass', found: 'root' }
    return {
      kind: 'fail',
      found: `root without ${missing.join(' and ')}`,
      wanted: 'root with all capabilities',
      fix: 'run the command on the machine itself, not in an unprivileged container',
    }
  },
}

function missingCapabilities(status: string): string[] {
  const hex = /^CapEff:\s*([0-9a-f]+)$/im.exec(status)?.[1]
  if (hex === undefined) return []
  const effective = BigInt(`0x${hex}`)
  return NEEDED_CAPABILITIES.filter(({ bit }) => ((effective >> bit) & 1n) === 0n).map(({ name }) => name)
}
