import { advice, command } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import { findCommand } from '../../host/files/find-command.ts'
import type { HostView } from '../../host/host.ts'
import { NEEDED_COMMANDS, type NeededCommand } from './needed.ts'

export const check: Check = {
  id: 'commands',
  title: 'System commands',
  hard: true,
  why: 'Kubernetes and its pod networks run these system programs: ip, iptables or nft, mount, umount, losetup, nsenter, tar and cp. conntrack, socat and ethtool help with troubleshooting.',
  remedy: 'Install the packages that the check names.',
  thresholds: (['fail', 'warn'] as const).map((kind) => {
    const needed = NEEDED_COMMANDS.filter((command) => command.kind === kind)
    return { of: 'commands', [kind]: `without ${needed.map(({ names }) => names.join(' or ')).join(', ')}` }
  }),
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const found = await Promise.all(
      NEEDED_COMMANDS.map(async ({ names }) => await Promise.all(names.map((name) => findCommand(host, name)))),
    )
    const missing = NEEDED_COMMANDS.filter((_, i) => found[i]?.every((path) => path === undefined))
    const manager = await packageManager(host)
    const findings = (['fail', 'warn'] as const).flatMap((kind) =>
      findingsFor(
        kind,
        missing.filter((command) => command.kind === kind),
        manager,
      ),
    )
    return verdictOf(findings, 'all commands found')
  },
}

type Manager = 'apt' | 'dnf' | 'zypper'
const INSTALL = {
  apt: ['apt-get', 'install', '-y'],
  dnf: ['dnf', 'install', '-y'],
  zypper: ['zypper', '--non-interactive', 'install'],
} as const

async function packageManager(host: HostView): Promise<Manager | undefined> {
  const programs = { apt: 'apt-get', dnf: 'dnf', zypper: 'zypper' } as const
  const managers = ['apt', 'dnf', 'zypper'] as const
  const paths = await Promise.all(managers.map((manager) => findCommand(host, programs[manager])))
  return managers.find((_, i) => paths[i] !== undefined)
}

function findingsFor(
  kind: Finding['kind'],
  missing: readonly NeededCommand[],
  manager: Manager | undefined,
): Finding[] {
  if (missing.length === 0) return []
  const names = missing.map((command) => command.names.join(' or '))
  return [
    {
      kind,
      found: `no ${names.join(', ')}`,
      wanted: missing.map((command, i) => `${names[i]} for ${command.use}`).join(', '),
      fix:
        manager === undefined
          ? advice(`install ${names.join(', ')}`)
          : command`${INSTALL[manager]} ${packagesOf(missing, manager)}`,
    },
  ]
}

function packagesOf(missing: readonly NeededCommand[], manager: Manager): string[] {
  const names = missing.map(({ packages }) => (typeof packages === 'string' ? packages : packages[manager]))
  return [...new Set(names)].flatMap((name) => name.split(' '))
}
