import type { Kind } from './kind.ts'

/** A recreated link has another index. */
const link = (name: string) =>
  `cat /sys/class/net/${name}/ifindex; ip -o addr show dev ${name} scope global | cut -d' ' -f2-8; basename "$(readlink /sys/class/net/${name}/master)"`
const bridge = (name: string) => ({
  plant: `ip link add ${name} type bridge && ip link set ${name} up`,
  look: link(name),
})
/** The inode of a namespace is its identity. */
const namespace = (name: string) => ({
  plant: `ip netns add ${name}`,
  look: `stat -Lc %i /run/netns/${name}; ip -n ${name} -br addr`,
})
const UUID = '00000000-0000-4000-8000-00000000000{n}'

export const LINKS: readonly Kind[] = [
  {
    name: 'a bridge with ports and an address',
    plant: `ip link add frgnbr{n} type bridge && ip addr add 10.201.{n}.1/24 dev frgnbr{n} && ip link set frgnbr{n} up
      ip link add frgnp{n} type veth peer name frgnq{n} && ip link set frgnp{n} master frgnbr{n} up && ip link set frgnq{n} up`,
    look: `${link('frgnbr{n}')}; ${link('frgnp{n}')}`,
    marks: /10\.201\.\d\./,
  },
  { name: "LXC's bridge", ...bridge('lxcbr{n}'), marks: /\blxcbr\d/ },
  {
    name: "a container's pair of LXC",
    plant: 'ip link add lxcfrgn{n} type veth peer name lxc{n}-frgn',
    look: link('lxcfrgn{n}'),
  },
  { name: 'a bridge that is called as if of Calico', ...bridge('cali-frgn{n}') },
  {
    name: 'a pair that is called as if of Cilium',
    plant: 'ip link add cilium_frgn{n} type veth peer name frgnc{n}',
    look: link('cilium_frgn{n}'),
  },
  { name: "podman's bridge", ...bridge('cni-podman{n}'), marks: /cni-podman\d/ },
  { name: "docker's bridge", ...bridge('br-frgn{n}') },
  {
    name: 'a pair without a bridge',
    plant: 'ip link add vethfrgn{n} type veth peer name vethfrgx{n}',
    look: link('vethfrgn{n}'),
    marks: /vethfrgx/,
  },
  {
    name: 'a macvlan',
    plant:
      'ip link add frgnmb{n} type veth peer name frgnmc{n} && ip link add link frgnmb{n} name frgnmv{n} type macvlan mode bridge',
    look: link('frgnmv{n}'),
  },
  {
    name: 'a vxlan',
    plant: 'ip link add frgnvx{n} type vxlan id 50{n} dstport 4799 local 127.0.0.1',
    look: link('frgnvx{n}'),
    marks: /:4799\b/,
  },
  { name: 'an ifb', plant: 'ip link add frgnifb{n} type ifb', look: link('frgnifb{n}') },
  {
    name: 'the tunnel of a VPN',
    plant:
      'ip tuntap add dev frgntun{n} mode tun && ip addr add 10.205.{n}.2/32 peer 10.205.{n}.1 dev frgntun{n} && ip link set frgntun{n} up',
    look: link('frgntun{n}'),
    marks: /10\.205\.\d\./,
  },
  {
    name: 'a link with a traffic shaper',
    plant:
      'ip link add frgntc{n} type bridge && tc qdisc add dev frgntc{n} root tbf rate 1mbit burst 32kbit latency 400ms',
    look: 'tc qdisc show dev frgntc{n}',
  },
  {
    name: 'a neighbour entry',
    plant: 'ip neigh add 10.201.{n}.9 lladdr 02:00:00:00:00:0{n} dev frgnbr{n} nud permanent',
    look: 'ip neigh show dev frgnbr{n} nud permanent',
  },
  {
    name: 'an address on lo',
    plant: 'ip addr add 192.0.2.10{n}/32 dev lo',
    look: 'ip -o addr show to 192.0.2.10{n}',
    marks: /192\.0\.2\.10\d/,
  },
]

export const NAMESPACES: readonly Kind[] = [
  { name: 'an idle network namespace', ...namespace('frgn{n}') },
  {
    name: 'a VPN in a network namespace, with a process in it',
    plant: `ip netns add vpn-frgn{n} && ip link add vpnfrgn{n} type veth peer name vpn1 netns vpn-frgn{n} && ip addr add 10.206.{n}.1/24 dev vpnfrgn{n}
      ip link set vpnfrgn{n} up && ip -n vpn-frgn{n} addr add 10.206.{n}.2/24 dev vpn1 && ip -n vpn-frgn{n} link set vpn1 up
      systemd-run --unit=vpn-frgn{n} --property=NetworkNamespacePath=/run/netns/vpn-frgn{n} sleep infinity`,
    look: `stat -Lc %i /run/netns/vpn-frgn{n}; ip -n vpn-frgn{n} -o addr show vpn1 scope global; systemctl show -P MainPID vpn-frgn{n}; ${link('vpnfrgn{n}')}`,
    marks: /10\.206\.\d\./,
  },
  {
    name: "a container's network namespace of podman",
    ...namespace(`netns-${UUID}`),
    marks: /netns-0{8}|^active run-netns-netns|^(active run-netns\.mount|(run|mount) \/run\/netns )/,
  },
  { name: "one whose name begins as containerd's", ...namespace('cni-frgn{n}'), from: 'installed' },
  {
    name: "one that is called exactly as containerd's, which no record names",
    ...namespace(`cni-${UUID}`),
    from: 'installed',
    marks: /cni-0{8}|^active run-netns-cni/,
  },
]

export const ROUTES: readonly Kind[] = [
  {
    name: 'a route',
    plant: 'ip route add 10.202.{n}.0/24 via 10.201.{n}.2 dev frgnbr{n}',
    look: 'ip route show 10.202.{n}.0/24',
    marks: /10\.202\.\d\./,
  },
  {
    name: 'a black hole',
    plant: 'ip route add blackhole 10.204.{n}.0/24',
    look: 'ip route show 10.204.{n}.0/24',
    marks: /10\.204\.\d\./,
  },
  {
    name: 'policy routing',
    plant:
      'ip rule add from 10.203.{n}.0/24 lookup 50{n} priority 100{n} && ip route add default via 10.201.{n}.2 dev frgnbr{n} table 50{n}',
    look: 'ip rule show priority 100{n}; ip route show table 50{n}',
    marks: /10\.203\.\d\.|table 50\d/,
  },
  {
    name: 'a rule by mark',
    plant: 'ip rule add fwmark 0x{n}00 lookup 50{n} priority 110{n}',
    look: 'ip rule show priority 110{n}',
    marks: /fwmark 0x\d00/,
  },
  {
    name: 'an address and a route of IPv6',
    plant: 'ip -6 addr add fd00:c:{n}::1/64 dev frgnbr{n} nodad && ip -6 route add fd00:d:{n}::/64 via fd00:c:{n}::2',
    look: 'ip -6 route show fd00:d:{n}::/64',
    marks: /fd00:[cd]:\d:/,
  },
]

const chains = (tool: string, table: string, name: string, within: string) => ({
  plant: `${tool} -t ${table} -N ${name} && ${tool} -t ${table} -A ${name} -p tcp --dport 432{n} -j RETURN && ${tool} -t ${table} -A ${within} -j ${name}`,
  look: `${tool}-save -t ${table} | grep -e '${name}' | sed 's/\\[.*\\]//'`,
})
const alike = (table: string, name: string, within: string, from: Kind['from'] = 'installed'): Kind => ({
  name: `a chain called ${name}`,
  ...chains('iptables', table, `${name}{n}`, within),
  from,
  marks: new RegExp(`${name}\\d|dpt:432\\d|dport 432\\d`),
})

export const RULES: readonly Kind[] = [
  {
    name: 'a chain',
    ...chains('iptables', 'filter', 'FRGN{n}', 'INPUT'),
    marks: /FRGN\d|dport 432\d|^nft table ip6? (filter|nat|mangle|raw)$/,
  },
  { name: 'a chain of IPv6', ...chains('ip6tables', 'filter', 'FRGN{n}', 'FORWARD'), marks: /FRGN\d/ },
  alike('filter', 'KUBE-MINE', 'INPUT'),
  alike('nat', 'KUBE-SVC-MINE', 'PREROUTING', 'provisioned'),
  alike('nat', 'CNI-MINE', 'POSTROUTING'),
  alike('raw', 'cali-mine', 'PREROUTING'),
  alike('mangle', 'CILIUM_MINE', 'FORWARD', 'provisioned'),
  alike('filter', 'FLANNEL-MINE', 'FORWARD'),
  {
    name: 'a rule that only mentions Kubernetes',
    plant:
      'iptables -t nat -A POSTROUTING -s 198.51.100.{n}/32 -m comment --comment "beside KUBE-SERVICES, frgn" -j MASQUERADE',
    look: 'iptables-save -t nat | grep 198.51.100.{n}/',
    marks: /198\.51\.100\.\d/,
  },
  {
    name: "rules of podman's networks",
    plant: `iptables -t nat -N CNI-00000000000000000000000{n}; iptables -t nat -A CNI-00000000000000000000000{n} -d 10.88.{n}.0/24 -j ACCEPT
      iptables -t nat -A POSTROUTING -s 10.88.{n}.2/32 -m comment --comment 'name: "podman" id: "frgn{n}"' -j CNI-00000000000000000000000{n}`,
    look: 'iptables-save -t nat | grep -e CNI-00000000000000000000000{n} | sed "s/\\[.*\\]//"',
    from: 'installed',
    marks: /CNI-0{23}\d|10\.88\.\d\./,
  },
  {
    name: 'a mark',
    plant: 'iptables -t mangle -A FORWARD -s 203.0.113.{n}/32 -j MARK --set-mark 0x{n}00',
    look: 'iptables-save -t mangle | grep 203.0.113.{n}/',
    marks: /203\.0\.113\.\d/,
  },
  {
    name: 'a table of nftables with a set',
    plant:
      'nft \'table inet frgn{n} { set friends { type ipv4_addr; elements = { 198.51.100.7 }; }; chain input { type filter hook input priority 10; policy accept; ip saddr @friends tcp dport 4321 accept comment "KUBE-SERVICES is not here"; }; }\'',
    look: 'nft -s list table inet frgn{n}',
  },
  {
    name: "one that is called as kube-proxy's",
    plant: "nft 'table inet kube-proxy { chain frgn{n} { ip saddr 198.51.100.{n} accept; }; }'",
    look: 'nft -s list chain inet kube-proxy frgn{n}',
    from: 'installed',
    marks: /^inet kube-proxy|table inet kube-proxy/,
  },
  {
    name: 'a table for bridges',
    plant: "nft 'table bridge frgn{n} { chain forward { type filter hook forward priority 0; policy accept; }; }'",
    look: 'nft -s list table bridge frgn{n}',
  },
]
