import type { Changed, FactKind } from './facts.ts'
import { directionOf } from './unrelated.ts'

type Fix = (change: Changed) => string

const CAME: Record<FactKind, Fix> = {
  file: ({ what, after = '' }) => `look at it, then: rm ${after.startsWith('a directory') ? '-r ' : ''}${what}`,
  unit: ({ what }) => `systemctl reset-failed ${what}; systemctl cat ${what} tells its file`,
  mount: ({ what }) => `umount ${what}`,
  interface: ({ what }) => `ip link delete ${what}`,
  address: ({ what }) => `ip address delete ${what.replace(' on ', ' dev ')}`,
  route: ({ what, after = '' }) => `ip route delete ${what.replace(' in ', ' table ')} (${after})`,
  firewall: ({ what }) => `find out who made it, then: ${what.replace(/ -A /, ' -D ')}`,
  sysctl: ({ what }) => `sysctl ${what} tells what it is now`,
  module: ({ what }) => `modprobe --remove ${what}, or reboot`,
  hostname: () => 'hostnamectl',
  user: ({ what }) => `look at it: getent passwd ${what}`,
  port: ({ what }) => `find the program: ss -lntup | grep :${what.split(':').at(-1)}`,
  cgroup: ({ what }) => `see what runs there: cat ${what}/cgroup.procs, then: rmdir ${what}`,
}

const WENT: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `put ${what} back from a backup of the machine`,
  unit: ({ what }) => `install what ${what} belongs to again`,
  mount: ({ what, before }) => `mount ${what} (it was ${before})`,
  interface: ({ what, before }) => `make ${what} again (it was ${before})`,
  address: ({ what }) => `ip address add ${what.replace(' on ', ' dev ')}`,
  route: ({ what, before }) => `ip route add ${what.replace(' in ', ' table ')} ${before}`,
  firewall: ({ what }) => what,
}

const CHANGED: Partial<Record<FactKind, Fix>> = {
  file: ({ what }) => `look at ${what}, and put it back from a backup of the machine where that is wanted`,
  unit: ({ what }) => `systemctl status ${what}, then start or enable it as it was`,
  mount: ({ what }) => `findmnt ${what}`,
  interface: ({ what }) => `ip -details link show ${what}`,
  sysctl: ({ what, before }) => `sysctl -w ${what}='${before}'`,
  hostname: ({ before }) => `hostnamectl set-hostname ${before}`,
  route: ({ what, before }) => `ip route replace ${what.replace(' in ', ' table ')} ${before}`,
}

/** What a person does about a difference. */
export function fixFor(change: Changed): string {
  const fixes = { came: CAME, went: WENT, changed: CHANGED }[directionOf(change)]
  return (fixes[change.kind] ?? CAME[change.kind])(change)
}
