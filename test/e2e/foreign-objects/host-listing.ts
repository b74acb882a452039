/**
 * Lists the state of a host with find, sha256sum, ip, nft, iptables-save, sysctl and systemctl. It shares no code with the
 * snapshot of the product, so it finds what the snapshot misses or ignores. Each line starts with its section.
 */
import { exec, type Node } from '../../support/testbed/machine.ts'

/** The nodes of a test bed share one kernel: only parameters of a network namespace belong to this host. */
const SCRIPT = String.raw`
section() { sed "s/^/$1 /"; }
PRUNE='( -path /var/log/journal -o -path /var/cache -o -path /var/lib/systemd -o -path /var/tmp -o -path /tmp -o -path /usr/share )'
find /etc /usr /opt /root /srv /home /var /boot /mnt /media -xdev $PRUNE -prune -o -printf '%p %y %m %U:%G %l\n' 2>/dev/null | section file
find /run -maxdepth 1 -printf '%p %y %m\n' | section run
find /run/netns -mindepth 1 -printf '%p\n' 2>/dev/null | section run
find /etc /usr/local /opt /root /srv -xdev -type f -exec sha256sum {} + 2>/dev/null | awk '{print $2, $1}' | section hash
ip -o link | sed 's/^[0-9]*: //; s/@.*mtu/ mtu/; s/ state .*//; s/<.*>//' | section link
ip -o addr show scope global | awk '{print $4, $2}' | section address
ip route show table all | sed 's/ expires [0-9]*sec//; s/ pref medium//; s/ linkdown//; s/^\(local\|broadcast\|multicast\) .*//; s/^fe80.*//; s/^ff00.*//; /^$/d' | section route
ip -6 route show table all | sed 's/ expires [0-9]*sec//; s/ pref medium//; s/ linkdown//; /^\(local\|anycast\|multicast\|fe80\|ff00\)/d' | section route
ip rule | section rule; ip -6 rule | section rule
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
  $tool-save 2>/dev/null | awk -v tool=$tool '/^\*/ {table=$1} /^-/ {print tool, table, $0} /^:/ && $2 != "ACCEPT" {print tool, table, $1, $2}' | section rules
done
nft -s list ruleset 2>/dev/null | awk '/^table/ {table=$2 " " $3} /[^ \t{}]/ && !/^table/ {print table, $0}' | sed 's/[\t ]\{1,\}/ /g' | grep -v -E '^(ip|ip6) (filter|nat|mangle|raw|security) ' | section nft
nft list tables 2>/dev/null | section nft
sysctl -a 2>/dev/null | grep -E '^(net\.|kernel\.(hostname|domainname))' | grep -v -E 'nf_conntrack_count|netdev_rss_key|tcp_fastopen_key|stable_secret|\.neigh\.|nf_log|conf\.veth' | section sysctl
systemctl list-unit-files --no-legend --no-pager --plain | awk '{print $1, $2}' | section unit
systemctl list-units --no-legend --no-pager --plain --state=failed | awk '{print $1}' | section failed
systemctl list-units --no-legend --no-pager --plain --type=service,timer,mount,socket --state=active | awk '{print $1, $4}' | grep -v -E 'systemd-tmpfiles-clean.service|exited$' | section active
findmnt -rno TARGET,FSTYPE | section mount
getent passwd | section user; getent group | section group
ss -Hlntu | awk '{print $1, $5}' | section port
ps -eo comm= | sort -u | grep -v -E '^(ps|sh|awk|sed|sort|grep|systemd-|\(sd-)' | section process
for h in /sys/fs/cgroup /sys/fs/cgroup/*; do find $h/ -maxdepth 1 -type d 2>/dev/null; done | section cgroup
`

export async function listHost(node: Node): Promise<string[]> {
  const { stdout } = await exec(node, ['sh', '-c', SCRIPT], { timeoutMs: 180_000 })
  return stdout.split('\n').filter((line) => line !== '')
}

/** The difference of two lists: `-` marks a line that disappeared, `+` a line that is new. */
export function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const rest = new Map<string, number>()
  for (const line of before) rest.set(line, (rest.get(line) ?? 0) + 1)
  for (const line of after) rest.set(line, (rest.get(line) ?? 0) - 1)
  return [...rest].filter(([, count]) => count !== 0).map(([line, count]) => `${count > 0 ? '-' : '+'} ${line}`)
}
