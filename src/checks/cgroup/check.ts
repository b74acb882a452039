import { advice, command, inOrder, remarked } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { cgroupVersion, parseEnabledControllers, CGROUP_ROOT as ROOT } from '../../host/parse/cgroups.ts'
import { isReadOnly, type Mount } from '../../host/parse/mountinfo.ts'
import { realTimeTasks } from './real-time.ts'

/** As in kubeadm's SystemVerification: the kubelet does not start without the needed ones; the others enforce more limits. */
const CONTROLLERS = {
  2: { needed: ['cpu', 'cpuset', 'memory', 'pids'], useful: ['io', 'hugetlb'] },
  1: { needed: ['cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids'], useful: ['blkio', 'hugetlb'] },
} as const

export const check: Check = {
  id: 'cgroup',
  title: 'Control groups',
  hard: true,
  why: 'The kubelet limits pods by control groups of version 2 with cpu, cpuset, memory and pids. Version 1 is a warning: Kubernetes 1.35 and later refuse it unless the overrides of kubelet and kubeadm allow it, which provisioning checks.',
  remedy:
    'Enable the missing controllers on the kernel command line, boot with control groups of version 2, or remount /sys/fs/cgroup writable.',
  thresholds: [
    { of: 'version', warn: '1' },
    {
      of: 'controllers of version 2',
      fail: `without ${CONTROLLERS[2].needed.join(', ')}`,
      warn: `without ${CONTROLLERS[2].useful.join(', ')}`,
    },
    {
      of: 'controllers of version 1',
      fail: `without ${CONTROLLERS[1].needed.join(', ')}`,
      warn: `without ${CONTROLLERS[1].useful.join(', ')}`,
    },
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const mounts = await readMounts(host)
    const version = cgroupVersion(mounts)
    if (version === undefined) return verdictOf([NO_CGROUPS], '')
    const enabled =
      version === 2
        ? new Set(((await host.read(`${ROOT}/cgroup.controllers`)) ?? '').trim().split(/\s+/))
        : parseEnabledControllers((await host.read('/proc/cgroups')) ?? '')
    const { needed, useful } = CONTROLLERS[version]
    const findings = [
      ...(version === 1 ? [VERSION_1] : []),
      ...missingControllers('fail', needed, enabled),
      ...missingControllers('warn', useful, enabled),
      ...readOnly(version === 2 ? 'cgroup2' : 'cgroup', mounts),
      ...(version === 2 ? await realTimeTasks(host) : []),
    ]
    return verdictOf(findings, `version 2 with ${[...enabled].join(', ')}`)
  },
}

/** In version 1 systemd keeps the directory above the controllers read-only; that is no finding. */
function readOnly(fileSystem: string, mounts: readonly Mount[]): Finding[] {
  const found = mounts.filter((mount) => mount.fileSystem === fileSystem && isReadOnly(mount))
  const paths = found.map(({ mountPoint }) => mountPoint).filter((path) => path.startsWith(ROOT))
  if (paths.length === 0) return []
  return [
    {
      kind: 'fail',
      found: `${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'} read-only`,
      wanted: 'a writable cgroup file system',
      fix: inOrder(...paths.map((path) => command`mount -o remount,bind,rw ${path}`)),
    },
  ]
}

function missingControllers(kind: Finding['kind'], wanted: readonly string[], enabled: ReadonlySet<string>): Finding[] {
  const missing = wanted.filter((controller) => !enabled.has(controller))
  if (missing.length === 0) return []
  const parameters = missing.map((name) => `cgroup_enable=${name}`).join(' ')
  return [
    {
      kind,
      found: `no controller ${missing.join(', ')}`,
      wanted: `the controllers ${wanted.join(', ')}`,
      fix: missing.includes('memory')
        ? advice(`add ${parameters} to the kernel's command line (see cat /proc/cmdline) and restart`)
        : advice("use the distribution's own kernel; in a container delegate them (systemd: Delegate=yes)"),
    },
  ]
}

const TO_VERSION_2 = advice(
  'add systemd.unified_cgroup_hierarchy=1 to the kernel command line and restart (grubby --update-kernel=ALL --args=systemd.unified_cgroup_hierarchy=1, or GRUB_CMDLINE_LINUX in /etc/default/grub and update-grub)',
)

const VERSION_1: Finding = {
  kind: 'warn',
  found: 'version 1',
  wanted:
    'version 2; Kubernetes 1.35 and later accept version 1 only if the kubelet is configured with failCgroupV1: false and kubeadm with ignorePreflightErrors: [SystemVerification]',
  fix: TO_VERSION_2,
}

const NO_CGROUPS: Finding = {
  kind: 'fail',
  found: `nothing is mounted on ${ROOT}`,
  wanted: 'control groups of version 2',
  fix: remarked(command`mount -t cgroup2 none ${ROOT}`, 'or let systemd boot the machine'),
}
