import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

/** The package whose upgrade restarts the kubelet. Cantrip's containerd belongs to no package and shares no file with one. */
const PACKAGE = 'kubelet'
const WANTED = 'no automatic upgrades that restart the kubelet'

/** Automatic upgrades that would restart the kubelet. */
export async function judgeUpdates(host: HostView): Promise<Finding[]> {
  if ((await host.stat('/usr/bin/kubelet')) === undefined) return []
  if (await upgradesByApt(host)) return (await mayBeUpgraded(host)) ? [byApt] : []
  return (await upgradesByDnf(host)) ? [byDnf] : []
}

async function upgradesByApt(host: HostView): Promise<boolean> {
  const directory = '/etc/apt/apt.conf.d'
  const names = (await host.list(directory)) ?? []
  const texts = await Promise.all(names.map((name) => host.read(`${directory}/${name}`)))
  const settings = [...texts.join('\n').matchAll(/^\s*APT::Periodic::Unattended-Upgrade\s+"(\w+)"/gim)]
  return (settings.at(-1)?.[1] ?? '0') !== '0'
}

/** Reads the paragraphs of dpkg's status file, as in deb-control(5). Upgrades skip a package on hold. */
async function mayBeUpgraded(host: HostView): Promise<boolean> {
  const text = (await host.read('/var/lib/dpkg/status')) ?? ''
  const start = text.startsWith(`Package: ${PACKAGE}\n`) ? 0 : text.indexOf(`\nPackage: ${PACKAGE}\n`)
  return start >= 0 && /^Status: install ok installed$/m.test(text.slice(start, text.indexOf('\n\n', start + 1)))
}

const byApt: Finding = {
  kind: 'warn',
  found: `unattended-upgrades upgrades ${PACKAGE} automatically`,
  wanted: WANTED,
  fix: command`apt-mark hold ${PACKAGE}`,
}

async function upgradesByDnf(host: HostView): Promise<boolean> {
  const wants = '/etc/systemd/system/timers.target.wants'
  const timers = ((await host.list(wants)) ?? []).filter((name) => /^dnf-automatic.*\.timer$/.test(name))
  if (timers.includes('dnf-automatic-install.timer')) return true
  if (timers.length === 0) return false
  return /^\s*apply_updates\s*=\s*(yes|true|1)\s*$/im.test((await host.read('/etc/dnf/automatic.conf')) ?? '')
}

const byDnf: Finding = {
  kind: 'warn',
  found: `dnf-automatic upgrades ${PACKAGE} automatically`,
  wanted: WANTED,
  fix: command`sed -i ${`/^\\[main\\]/a excludepkgs=${PACKAGE}`} /etc/dnf/dnf.conf`,
}
