import type { Finding } from '../../engine/findings.ts'
import { command } from '../../errors/command.ts'
import type { HostView } from '../../host/host.ts'

/** Packages whose upgrade restarts the kubelet. Our containerd belongs to no package, and shares nothing with one. */
const PROGRAMS: Record<string, readonly string[]> = {
  kubelet: ['kubelet'],
}

/** Automatic upgrades of packages that would restart the kubelet behind our back. */
export async function judgeUpdates(host: HostView): Promise<Finding[]> {
  const names = Object.keys(PROGRAMS)
  const stats = await Promise.all(names.map((name) => host.stat(`/usr/bin/${name}`)))
  const installed = names.filter((_, i) => stats[i] !== undefined).flatMap((name) => PROGRAMS[name] ?? [])
  if (installed.length === 0) return []
  if (await upgradesByApt(host)) return byApt(await notHeld(host, installed))
  return (await upgradesByDnf(host)) ? byDnf(installed) : []
}

async function upgradesByApt(host: HostView): Promise<boolean> {
  const directory = '/etc/apt/apt.conf.d'
  const names = (await host.list(directory)) ?? []
  const texts = await Promise.all(names.map((name) => host.read(`${directory}/${name}`)))
  const settings = [...texts.join('\n').matchAll(/^\s*APT::Periodic::Unattended-Upgrade\s+"(\w+)"/gim)]
  return (settings.at(-1)?.[1] ?? '0') !== '0'
}

/** Paragraphs of dpkg's list, as in deb-control(5); a package on hold is left alone by upgrades. */
async function notHeld(host: HostView, names: readonly string[]): Promise<string[]> {
  const text = (await host.read('/var/lib/dpkg/status')) ?? ''
  return [...new Set(names)].filter((name) => {
    const start = text.startsWith(`Package: ${name}\n`) ? 0 : text.indexOf(`\nPackage: ${name}\n`)
    return start >= 0 && /^Status: install ok installed$/m.test(text.slice(start, text.indexOf('\n\n', start + 1)))
  })
}

function byApt(names: readonly string[]): Finding[] {
  if (names.length === 0) return []
  return [
    {
      kind: 'warn',
      found: `unattended-upgrades upgrades ${names.join(', ')} by itself`,
      wanted: 'no restart of containers at an hour that nobody chose',
      fix: command`apt-mark hold ${names}`,
    },
  ]
}

async function upgradesByDnf(host: HostView): Promise<boolean> {
  const wants = '/etc/systemd/system/timers.target.wants'
  const timers = ((await host.list(wants)) ?? []).filter((name) => /^dnf-automatic.*\.timer$/.test(name))
  if (timers.includes('dnf-automatic-install.timer')) return true
  if (timers.length === 0) return false
  return /^\s*apply_updates\s*=\s*(yes|true|1)\s*$/im.test((await host.read('/etc/dnf/automatic.conf')) ?? '')
}

function byDnf(names: readonly string[]): Finding[] {
  const packages = [...new Set(names)].join(' ')
  return [
    {
      kind: 'warn',
      found: `dnf-automatic upgrades ${packages.replaceAll(' ', ', ')} by itself`,
      wanted: 'no restart of containers at an hour that nobody chose',
      fix: command`sed -i ${`/^\\[main\\]/a excludepkgs=${packages.replaceAll(' ', ',')}`} /etc/dnf/dnf.conf`,
    },
  ]
}
