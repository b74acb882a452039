import { NETWORK_NAMESPACES } from '../base/kubernetes-paths.ts'
/**
 * Rules for changes that Cantrip did not make. A difference counts unless a rule here has a reason. Such differences are
 * reported separately, with the reason.
 */
import type { Changed, FactKind } from './facts.ts'

interface Rule {
  kind: FactKind
  what: RegExp
  /** Must match the state before or after. */
  text?: RegExp
  /** Only these directions; all by default. */
  when?: readonly ('added' | 'removed' | 'changed')[]
  why: string
}

const OTHER_LINKS =
  /^(docker|br-|veth|podman|cni-podman|virbr|vnet|tap|tun|ppp|wg|wwan|usb|zt|tailscale|lxcbr|lxdbr|incusbr)/
const onOtherLink = (before: string) => new RegExp(`${before}${OTHER_LINKS.source.slice(1)}`)

/** For changes that neither the ledger nor a name attributes to Cantrip; see own-changes.ts. The first match has the reason. */
const RULES: readonly Rule[] = [
  { kind: 'file', what: /^\/var\/log\//, why: 'programs write logs, and rotate them' },
  { kind: 'file', what: /^\/run\//, why: 'runtime state of other programs, which the next boot removes' },
  {
    kind: 'file',
    what: /^\/var\/lib\//,
    why: 'state of other programs, such as package managers, systemd and DHCP clients',
  },
  { kind: 'file', what: /^\/root\//, why: 'a home directory' },
  {
    kind: 'file',
    what: /^\/etc\/((passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock)$/,
    why: 'accounts, which are compared one by one',
  },
  {
    kind: 'file',
    what: /^\/etc\/(ld\.so\.cache|mtab|adjtime|\.updated|machine-id|blkid\.tab|mailcap|shells|lvm\/(archive|backup|cache)(\/.*)?)$/,
    why: 'the system maintains it',
  },
  {
    kind: 'file',
    what: /^\/etc\/(alternatives|rc[0-6S]\.d|ssl\/certs|ca-certificates|pki\/ca-trust|apt|yum\.repos\.d)(\/|$)/,
    why: 'package managers maintain it',
  },
  {
    kind: 'file',
    what: /^\/etc\/resolv\.conf$/,
    why: 'a DHCP client or systemd wrote it; this installation never did',
  },
  {
    kind: 'unit',
    what: /./,
    when: ['added', 'removed'],
    why: 'a package or a person added or removed it; the ledger does not name it',
  },
  {
    kind: 'mount',
    what: /^\/(run\/(user|media|credentials|docker|containers|snapd|lock)|media|mnt|snap|proc|sys|var\/lib\/(docker|containers|snapd|lxc|lxcfs|machines))\b/,
    why: 'sessions, removable media and other container engines come and go',
  },
  { kind: 'mount', what: new RegExp(`^${NETWORK_NAMESPACES}(/|$)`), why: 'network namespaces of other programs' },
  {
    kind: 'mount',
    what: /./,
    text: /autofs/,
    why: 'systemd mounts it on demand, and unmounts it again',
  },
  { kind: 'mount', what: /./, when: ['added'], why: 'Kubernetes mounts nothing there' },
  { kind: 'interface', what: OTHER_LINKS, why: 'other container engines, virtual machines and VPNs come and go' },
  { kind: 'interface', what: /./, when: ['added'], why: 'no pod network has interfaces with this name' },
  { kind: 'address', what: onOtherLink(' on '), why: 'its interface does not belong to Kubernetes' },
  { kind: 'address', what: /./, when: ['added'], why: 'Kubernetes assigns no addresses to this interface' },
  { kind: 'route', what: /./, text: onOtherLink(' dev '), why: 'its interface does not belong to Kubernetes' },
  { kind: 'firewall', what: /./, when: ['added'], why: 'the rule names no chain of Kubernetes or a pod network' },
  {
    kind: 'firewall',
    what: /DOCKER|f2b-|fail2ban|NETAVARK|LIBVIRT|firewalld|ufw|CNI-/,
    why: 'a program with its own rules changed it',
  },
  {
    kind: 'sysctl',
    what: /./,
    when: ['added', 'removed'],
    why: 'parameters appear and disappear with kernel modules, interfaces and kernels',
  },
  {
    kind: 'sysctl',
    what: /^(vm\.(user_reserve|admin_reserve|min_free)_kbytes|fs\.file-max|net\.ipv4\.(tcp|udp)_mem)$/,
    when: ['changed'],
    why: 'the kernel computes it from the free memory at boot (init_user_reserve in mm/mmap.c and similar)',
  },
  {
    kind: 'sysctl',
    what: /^net\.ipv6\.conf\.[^.]+\.(accept_ra|addr_gen_mode|use_tempaddr)$/,
    why: 'the network manager of the interface sets it',
  },
  { kind: 'sysctl', what: onOtherLink('\\.conf\\.'), why: 'its interface does not belong to Kubernetes' },
  {
    kind: 'module',
    what: /./,
    when: ['added'],
    why: 'the kernel loads modules on demand; an unused one has no effect, and the next boot removes it',
  },
  { kind: 'module', what: /./, when: ['removed'], why: 'a person unloaded it, or a boot did not load it' },
  { kind: 'user', what: /./, why: 'packages and people add and remove accounts; Kubernetes creates none' },
  { kind: 'port', what: /./, why: 'a program that does not belong to Kubernetes opened or closed it' },
  { kind: 'cgroup', what: /./, why: 'systemd and other container engines create and remove control groups' },
]

export function directionOf({ before, after }: Changed): 'added' | 'removed' | 'changed' {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

/** Why a change does not belong to Kubernetes, if its kind and text are enough to decide. */
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
