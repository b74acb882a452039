import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { compareVersions, parseOsRelease } from '../../host/parse/os-release.ts'
import { NEW_ENOUGH_KERNEL, OLDEST_KERNEL, SUPPORTED, type Supported } from './supported.ts'

export const check: Check = {
  id: 'os',
  title: 'Operating system',
  hard: true,
  why: 'Kubernetes needs Linux with a recent kernel and systemd. A distribution that is not in the list but has a new enough kernel is a warning.',
  remedy: 'Upgrade the distribution, or choose one from the list.',
  thresholds: [
    { of: 'kernel version', fail: `older than ${OLDEST_KERNEL}` },
    { of: 'kernel version of a distribution that is not in the list', fail: `older than ${NEW_ENOUGH_KERNEL}` },
    ...SUPPORTED.map(({ name, from, to, kernel }) => ({
      of: kernel === undefined ? name : `${name} (kernel ${kernel} or newer)`,
      fail: `older than ${from}`,
      ...(to === undefined ? {} : { warn: `newer than ${to}` }),
    })),
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const text = (await host.read('/etc/os-release')) ?? (await host.read('/usr/lib/os-release')) ?? ''
    const os = parseOsRelease(text)
    const kernel = ((await host.read('/proc/sys/kernel/osrelease')) ?? '').trim()
    const name = os.PRETTY_NAME || os.NAME || 'a system without /etc/os-release'
    const found = `${name}, kernel ${kernel || 'unknown'}, ${host.arch()}`
    const supported = SUPPORTED.find((entry) => entry.id === os.ID)

    const oldest = supported?.kernel ?? OLDEST_KERNEL
    if (kernel !== '' && compareVersions(kernel, oldest) < 0)
      return {
        kind: 'fail',
        found,
        wanted: `a kernel of ${oldest} or newer`,
        fix: 'upgrade the distribution, then restart',
      }
    if ((await host.stat('/run/systemd/system')) === undefined)
      return {
        kind: 'fail',
        found: `${found}, without systemd`,
        wanted: 'systemd as process 1',
        fix: 'use a machine that boots with systemd; in a container start /sbin/init',
      }

    const version = os.VERSION_ID
    const newEnough = compareVersions(kernel || '0', NEW_ENOUGH_KERNEL) >= 0
    const known = supported && version !== undefined
    if (!known)
      return newEnough
        ? {
            kind: 'warn',
            found,
            wanted: `a distribution that was tested: ${names()}`,
            fix: 'continue, or choose one of these',
          }
        : { kind: 'fail', found, wanted: `a distribution that was tested: ${names()}`, fix: 'choose one of these' }
    const wanted = `${supported.name} ${versionsOf(supported)}`
    if (compareVersions(version, supported.from) < 0)
      return { kind: 'fail', found, wanted, fix: 'upgrade the distribution, then restart' }
    if (supported.to !== undefined && compareVersions(version, supported.to) > 0)
      return { kind: 'warn', found, wanted, fix: 'continue: it is newer than the tested versions' }
    return { kind: 'pass', found }
  },
}

function names(): string {
  return SUPPORTED.map((entry) => `${entry.name} ${versionsOf(entry)}`).join(', ')
}

function versionsOf({ from, to }: Supported): string {
  if (to === undefined) return `${from} or newer`
  return from === to ? from : `${from} to ${to}`
}
