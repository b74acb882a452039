import { command, inOrder } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { compareVersions } from '../../host/parse/os-release.ts'

/** The check `os` has the minimum version for all pod networks. */
const FOR_CILIUM = '5.4'
/** The kernel of Enterprise Linux 8 has version 4.18 and backports of the needed features. */
const HAS_BACKPORTS = /^4\.18\.0-.*\.el8/

const NAMESPACES = ['ipc', 'mnt', 'net', 'pid', 'uts'] as const

export const check: Check = {
  id: 'kernel',
  title: 'Kernel features',
  hard: true,
  why: 'Containers need namespaces, and seccomp limits their system calls. Cilium needs kernel 5.4 or newer.',
  remedy: 'Upgrade the distribution or its kernel, or raise the limit on namespaces.',
  thresholds: [
    { of: 'kernel version', warn: `older than ${FOR_CILIUM}` },
    { of: 'namespaces', fail: `without ${NAMESPACES.join(', ')}` },
    { of: 'seccomp', warn: 'missing' },
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [release = '', namespaces, limits, hasSeccomp] = await Promise.all([
      host.read('/proc/sys/kernel/osrelease'),
      host.list('/proc/self/ns'),
      namespaceLimits(host),
      seccomp(host),
    ])
    const findings = [
      ...judgeVersion(release.trim()),
      ...judgeNamespaces(namespaces ?? [], limits),
      ...(hasSeccomp ? [] : [NO_SECCOMP]),
    ]
    return verdictOf(findings, `${release.trim()} with namespaces and seccomp`)
  },
}

function judgeVersion(release: string): Finding[] {
  if (release === '' || HAS_BACKPORTS.test(release) || compareVersions(release, FOR_CILIUM) >= 0) return []
  const fix = 'upgrade the distribution or its kernel, then restart'
  return [{ kind: 'warn', found: `kernel ${release}`, wanted: `${FOR_CILIUM} or newer for Cilium`, fix }]
}

function judgeNamespaces(present: readonly string[], limits: ReadonlyMap<string, string>): Finding[] {
  const wanted = 'namespaces for containers'
  const missing = NAMESPACES.filter((name) => !present.includes(name))
  const forbidden = NAMESPACES.filter((name) => limits.get(name) === '0')
  return [
    ...(missing.length > 0
      ? [{ kind: 'fail' as const, found: `no ${missing.join(', ')} namespaces`, wanted, fix: OTHER_KERNEL }]
      : []),
    ...forbidden.map((name) => ({
      kind: 'fail' as const,
      found: `user.max_${name}_namespaces is 0`,
      wanted,
      fix: inOrder(
        command`echo ${`user.max_${name}_namespaces = 10000`} > ${`/etc/sysctl.d/99-${name}-namespaces.conf`}`,
        command`sysctl -w ${`user.max_${name}_namespaces=10000`}`,
      ),
    })),
  ]
}

async function namespaceLimits(host: HostView): Promise<ReadonlyMap<string, string>> {
  const read = async (name: string) =>
    [name, ((await host.read(`/proc/sys/user/max_${name}_namespaces`)) ?? '').trim()] as const
  return new Map(await Promise.all(NAMESPACES.map(read)))
}

/** The file exists since Linux 4.14; the line in /proc/self/status exists in every kernel with seccomp. */
async function seccomp(host: HostView): Promise<boolean> {
  if ((await host.stat('/proc/sys/kernel/seccomp/actions_avail')) !== undefined) return true
  return /^Seccomp:/m.test((await host.read('/proc/self/status')) ?? '')
}

const OTHER_KERNEL = "use the distribution's own kernel"

const NO_SECCOMP: Finding = {
  kind: 'warn',
  found: 'a kernel without seccomp',
  wanted: 'seccomp, which limits the system calls of containers',
  fix: OTHER_KERNEL,
}
