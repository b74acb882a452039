import { command, remarked } from '../base/command.ts'
import { visible } from '../base/text/escape-argv.ts'
import type { Changed, FactKind } from './facts.ts'
import { withoutRule, withRule } from './fix-firewall.ts'
import { directionOf } from './unrelated.ts'

type Fix = (change: Record<'what' | 'before' | 'after', string>) => string

const ADDED: Record<FactKind, Fix> = {
  // The files in a directory may belong to somebody, so no command deletes it.
  file: ({ what, after }) =>
    after.startsWith('a directory')
      ? `check what it contains: ${command`ls -la ${what}`}`
      : `check the file, then: ${command`rm ${what}`}`,
  unit: ({ what }) =>
    remarked(command`systemctl reset-failed ${what}`, `${command`systemctl cat ${what}`} shows its file`),
  mount: ({ what }) => command`umount ${what}`,
  interface: ({ what }) => command`ip link delete ${what}`,
  address: ({ what }) => command`ip address delete ${words(what.replace(' on ', ' dev '))}`,
  route: ({ what, after }) => remarked(command`ip route delete ${words(what.replace(' in ', ' table '))}`, after),
  firewall: ({ what }) => `find out which program created it, then: ${withoutRule(what)}`,
  sysctl: ({ what }) => remarked(command`sysctl ${what}`, 'shows the current value'),
  module: ({ what }) => remarked(command`modprobe --remove ${what}`, 'or reboot'),
  hostname: () => 'hostnamectl',
  user: ({ what }) => `check the account: ${command`getent passwd ${what}`}`,
  port: ({ what }) => `find the program: ${command`ss -lntup | grep ${`:${what.split(':').at(-1)}`}`}`,
  cgroup: ({ what }) =>
    `find out what runs in it (${command`cat ${`${what}/cgroup.procs`}`}), then run: ${command`rmdir ${what}`}`,
}

const REMOVED: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `restore ${what} from a backup of the machine`,
  unit: ({ what }) => `reinstall the package of ${what}`,
  mount: ({ what, before }) => remarked(command`mount ${what}`, `it was ${before}`),
  interface: ({ what, before }) => `create ${what} again (it was ${before})`,
  address: ({ what }) => command`ip address add ${words(what.replace(' on ', ' dev '))}`,
  route: ({ what, before }) => command`ip route add ${words(`${what.replace(' in ', ' table ')} ${before}`)}`,
  firewall: ({ what }) => withRule(what),
}

const CHANGED: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `check ${what}, and restore it from a backup of the machine if necessary`,
  unit: ({ what }) => remarked(command`systemctl status ${what}`, 'then start or enable it as before'),
  mount: ({ what }) => command`findmnt ${what}`,
  interface: ({ what }) => command`ip -details link show ${what}`,
  sysctl: ({ what, before }) => command`sysctl -w ${`${what}=${before}`}`,
  hostname: ({ before }) => command`hostnamectl set-hostname ${before}`,
  route: ({ what, before }) => command`ip route replace ${words(`${what.replace(' in ', ' table ')} ${before}`)}`,
}

/** The arguments of `ip`, in the form in which it prints them. */
function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** The fix for a difference, in one line. */
export function fixFor(change: Changed): string {
  const fixes = { added: ADDED, removed: REMOVED, changed: CHANGED }[directionOf(change)]
  return visible((fixes[change.kind] ?? ADDED[change.kind])({ before: '', after: '', ...change }))
}
