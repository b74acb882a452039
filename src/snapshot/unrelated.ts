/**
 * What changes on a machine for other reasons while Cantrip is there. A difference counts unless a rule here says why it
 * is none of ours; it is then not hidden, but told apart, with that reason.
 */
import type { Changed, FactKind } from './facts.ts'

interface Rule {
  kind: FactKind
  what: RegExp
  /** In how it was or how it is; anything without it. */
  text?: RegExp
  /** Only these; any change without it. */
  when?: readonly ('came' | 'went' | 'changed')[]
  why: string
}

const OTHER_LINKS =
  /^(docker|br-|veth|podman|cni-podman|virbr|vnet|tap|tun|ppp|wg|wwan|usb|zt|tailscale|lxcbr|lxdbr|incusbr)/
const onOtherLink = (before: string) => new RegExp(`${before}${OTHER_LINKS.source.slice(1)}`)

/** For what is not ours by its name or by the ledger; see ours.ts. The first that fits tells the reason. */
const RULES: readonly Rule[] = [
  { kind: 'file', what: /^\/var\/log\//, why: 'programs write logs, and rotate them' },
  { kind: 'file', what: /^\/run\//, why: 'run-time state of other programs, gone with the next boot' },
  {
    kind: 'file',
    what: /^\/var\/lib\//,
    why: 'state of other programs, as package managers, systemd and DHCP keep it',
  },
  { kind: 'file', what: /^\/root\//, why: 'the home of a person' },
  {
    kind: 'file',
    what: /^\/etc\/((passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock)$/,
    why: 'accounts, which are compared one by one',
  },
  {
    kind: 'file',
    what: /^\/etc\/(ld\.so\.cache|mtab|adjtime|\.updated|machine-id|blkid\.tab|mailcap|shells|lvm\/(archive|backup|cache)(\/.*)?)$/,
    why: 'the system keeps it up by itself',
  },
  {
    kind: 'file',
    what: /^\/etc\/(alternatives|rc[0-6S]\.d|ssl\/certs|ca-certificates|pki\/ca-trust|apt|yum\.repos\.d)(\/|$)/,
    why: 'package managers keep it up',
  },
  {
    kind: 'file',
    what: /^\/etc\/resolv\.conf$/,
    why: 'written by DHCP or by systemd; this installation never wrote to it',
  },
  {
    kind: 'unit',
    what: /./,
    when: ['came', 'went'],
    why: 'came or went with a package, or by a person; the ledger does not name it',
  },
  {
    kind: 'mount',
    what: /^\/(run\/(user|media|credentials|docker|containers|snapd|lock)|media|mnt|snap|proc|sys|var\/lib\/(docker|containers|snapd|lxc|lxcfs|machines))\b/,
    why: 'sessions, removable media and other container engines come and go',
  },
  { kind: 'mount', what: /^\/run\/netns(\/|$)/, why: 'network namespaces of other programs' },
  {
    kind: 'mount',
    what: /./,
    text: /autofs/,
    why: 'systemd mounts it when somebody asks for it, and unmounts it again',
  },
  { kind: 'mount', what: /./, when: ['came'], why: 'nothing of Kubernetes mounts there' },
  { kind: 'interface', what: OTHER_LINKS, why: 'other container engines, virtual machines and VPNs come and go' },
  { kind: 'interface', what: /./, when: ['came'], why: 'no network of Kubernetes has links of that name' },
  { kind: 'address', what: onOtherLink(' on '), why: 'it goes with a link that is not of Kubernetes' },
  { kind: 'address', what: /./, when: ['came'], why: 'nothing of Kubernetes gives addresses to that link' },
  { kind: 'route', what: /./, text: onOtherLink(' dev '), why: 'it goes with a link that is not of Kubernetes' },
  { kind: 'firewall', what: /./, when: ['came'], why: 'the rule names no chain of Kubernetes or its network' },
  {
    kind: 'firewall',
    what: /DOCKER|f2b-|fail2ban|NETAVARK|LIBVIRT|firewalld|ufw|CNI-/,
    why: 'programs that keep rules of their own change them',
  },
  {
    kind: 'sysctl',
    what: /./,
    when: ['came', 'went'],
    why: 'parameters come and go with kernel modules, interfaces and kernels',
  },
  {
    kind: 'sysctl',
    what: /^(vm\.(user_reserve|admin_reserve|min_free)_kbytes|fs\.file-max|net\.ipv4\.(tcp|udp)_mem)$/,
    when: ['changed'],
    why: 'the kernel sizes it by the free memory that a boot begins with (init_user_reserve in mm/mmap.c and its like)',
  },
  {
    kind: 'sysctl',
    what: /^net\.ipv6\.conf\.[^.]+\.(accept_ra|addr_gen_mode|use_tempaddr)$/,
    why: 'whatever manages a network link sets it as it takes the link over',
  },
  { kind: 'sysctl', what: onOtherLink('\\.conf\\.'), why: 'it goes with a link that is not of Kubernetes' },
  {
    kind: 'module',
    what: /./,
    when: ['came'],
    why: 'the kernel loads modules when something asks for them; idle they do nothing, until the next boot',
  },
  { kind: 'module', what: /./, when: ['went'], why: 'unloaded by a person, or not loaded by another boot' },
  { kind: 'user', what: /./, why: 'accounts come and go with packages and people; Kubernetes makes none' },
  { kind: 'port', what: /./, why: 'opened or closed by a program that is not of Kubernetes' },
  { kind: 'cgroup', what: /./, why: 'systemd and other container engines make and remove control groups' },
]

export function directionOf({ before, after }: Changed): 'came' | 'went' | 'changed' {
  if (before === undefined) return 'came'
  return after === undefined ? 'went' : 'changed'
}

/** Why the change has nothing to do with Kubernetes, where its kind and its words alone tell. */
export function reasonByRule(change: Changed): string | undefined {
  const direction = directionOf(change)
  const words = ` ${change.before} ${change.after}`
  return RULES.find(
    ({ kind, what, text, when }) =>
      kind === change.kind &&
      what.test(change.what) &&
      (text === undefined || text.test(words)) &&
      (when === undefined || when.includes(direction)),
  )?.why
}
