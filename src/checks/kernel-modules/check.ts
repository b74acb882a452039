import { command } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { type ModuleFiles, moduleFiles } from './find.ts'
import { NEEDED_MODULES, type NeededModule } from './needed.ts'

export const check: Check = {
  id: 'kernel-modules',
  title: 'Kernel modules',
  hard: true,
  why: 'The kernel must contain or be able to load overlay, br_netfilter, nf_conntrack, a packet filter (nf_tables or ip_tables) and, for most pod networks, vxlan. Provisioning loads them.',
  remedy:
    "Install the package with the kernel's extra modules, allow the module in /etc/modprobe.d, or restart after a kernel upgrade.",
  thresholds: NEEDED_MODULES.map(({ name, or, kind }) => ({
    of: or === undefined ? name : `${name} or ${or}`,
    [kind]: 'not in the kernel and not loadable',
  })),
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const present = await Promise.all(NEEDED_MODULES.map((module) => module.isPresent(host)))
    const absent = NEEDED_MODULES.filter((_, i) => !present[i])
    if (absent.length === 0) return { kind: 'pass', found: 'all in the kernel' }
    const files = await moduleFiles(host)
    const found = `${absent.map(({ name }) => name).join(', ')} can be loaded, the rest is in the kernel`
    return verdictOf(
      absent.flatMap((module) => judge(module, files)),
      found,
    )
  },
}

function judge({ name, or, use, kind }: NeededModule, files: ModuleFiles): Finding[] {
  const names = or === undefined ? [name] : [name, or]
  const wanted = `${names.join(' or ')} for ${use}`
  const finding = (found: string, fix: string): Finding[] => [{ kind, found, wanted, fix }]
  const { loadable, release } = files
  if (files.closed)
    return finding(
      `${name} is not loaded, and kernel.modules_disabled is 1`,
      `name ${name} in /etc/modules-load.d and restart`,
    )
  if (loadable === undefined)
    return files.hasOthers
      ? finding(`the modules of the running kernel ${release} are missing: an upgrade replaced them`, 'reboot')
      : finding(`${name} is not in the kernel, and /lib/modules/${release} does not exist`, OTHER_KERNEL)
  const known = names.filter((candidate) => loadable.has(candidate))
  if (known.length === 0) return finding(`${name} is not a module of kernel ${release}`, packageFix(release))
  const allowed = known.filter((candidate) => !files.forbidden.has(candidate))
  if (allowed.length > 0) return []
  const file = files.forbidden.get(known[0] ?? '') ?? ''
  return finding(
    `${known[0]} is not allowed to load: ${file}`,
    command`sed -i -E --follow-symlinks ${`/^\\s*install\\s+${known[0]?.replace(/[-_]/g, '[-_]')}\\s/d`} ${file}`,
  )
}

const OTHER_KERNEL =
  "use the distribution's own kernel; in a container, load it on the host: modprobe -a overlay br_netfilter"

/** Distributions have a separate package for modules that few machines need. */
function packageFix(release: string): string {
  return command`apt-get install -y ${`linux-modules-extra-${release}`} || dnf install -y ${`kernel-modules-extra-${release}`} || zypper install -y kernel-default`
}
