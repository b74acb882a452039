import { command, remarked } from '../base/command.ts'
import { visible } from '../base/escape-argv.ts'
import type { Changed, FactKind } from './facts.ts'
import { withoutRule, withRule } from './fix-firewall.ts'
import { directionOf } from './unrelated.ts'

type Fix = (change: Record<'what' | 'before' | 'after', string>) => string

const CAME: Record<FactKind, Fix> = {
  // What lies in a directory may be somebody's: no command deletes it.
  file: ({ what, after }) =>
    after.startsWith('a directory')
      ? `look at what lies there: ${command`ls -la ${what}`}`
      : `look at it, then: ${command`rm ${what}`}`,
  unit: ({ what }) =>
    remarked(command`systemctl reset-failed ${what}`, `${command`systemctl cat ${what}`} tells its file`),
  mount: ({ what }) => command`umount ${what}`,
  interface: ({ what }) => command`ip link delete ${what}`,
  address: ({ what }) => command`ip address delete ${words(what.replace(' on ', ' dev '))}`,
  route: ({ what, after }) => remarked(command`ip route delete ${words(what.replace(' in ', ' table '))}`, after),
  firewall: ({ what }) => `find out who made it, then: ${withoutRule(what)}`,
  sysctl: ({ what }) => remarked(command`sysctl ${what}`, 'tells what it is now'),
  module: ({ what }) => remarked(command`modprobe --remove ${what}`, 'or reboot'),
  hostname: () => 'hostnamectl',
  user: ({ what }) => `look at it: ${command`getent passwd ${what}`}`,
  port: ({ what }) => `find the program: ${command`ss -lntup | grep ${`:${what.split(':').at(-1)}`}`}`,
  cgroup: ({ what }) =>
    `see what runs there (${command`cat ${`${what}/cgroup.procs`}`}), then: ${command`rmdir ${what}`}`,
}

const WENT: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `put ${what} back from a backup of the machine`,
  unit: ({ what }) => `install what ${what} belongs to again`,
  mount: ({ what, before }) => remarked(command`mount ${what}`, `it was ${before}`),
  interface: ({ what, before }) => `make ${what} again (it was ${before})`,
  address: ({ what }) => command`ip address add ${words(what.replace(' on ', ' dev '))}`,
  route: ({ what, before }) => command`ip route add ${words(`${what.replace(' in ', ' table ')} ${before}`)}`,
  firewall: ({ what }) => withRule(what),
}

const CHANGED: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `look at ${what}, and put it back from a backup of the machine where that is wanted`,
  unit: ({ what }) => remarked(command`systemctl status ${what}`, 'then start or enable it as it was'),
  mount: ({ what }) => command`findmnt ${what}`,
  interface: ({ what }) => command`ip -details link show ${what}`,
  sysctl: ({ what, before }) => command`sysctl -w ${`${what}=${before}`}`,
  hostname: ({ before }) => command`hostnamectl set-hostname ${before}`,
  route: ({ what, before }) => command`ip route replace ${words(`${what.replace(' in ', ' table ')} ${before}`)}`,
}

/** As `ip` shows them, so it takes them. */
function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** What a person does about a difference, in one line. */
export function fixFor(change: Changed): string {
  const fixes = { came: CAME, went: WENT, changed: CHANGED }[directionOf(change)]
  return visible((fixes[change.kind] ?? CAME[change.kind])({ before: '', after: '', ...change }))
}
