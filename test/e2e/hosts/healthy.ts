import type { Host } from './host.ts'

/** Hosts with unusual configurations that work. A warning would be a false alarm. */
export const HEALTHY_HOSTS: readonly Host[] = [
  { host: 'a bare node', make: '' },
  {
    host: 'systemd-resolved on loopback',
    make: 'systemd-sysusers; systemctl daemon-reload; systemctl start systemd-resolved',
    restore: 'systemctl stop systemd-resolved',
  },
  {
    host: 'firewalld, installed and enabled, not started',
    make: 'systemctl enable --quiet firewalld',
    restore: 'systemctl disable --quiet firewalld',
  },
  { host: 'ufw, installed and not enabled', make: "PUT /etc/ufw/ufw.conf <<< 'ENABLED=no'" },
  {
    host: 'nftables.service as Debian ships it',
    make: 'systemctl start nftables',
    restore: 'nft flush ruleset; systemctl stop nftables',
  },
  {
    host: 'nftables that drops all packets except those of the node network',
    make: `nft -f - <<'RULES'
table inet site {
  set nodes { type ipv4_addr; flags interval; elements = { 10.90.0.0/24 }; }
  set banned { type ipv4_addr; flags timeout; timeout 1h; }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iif lo accept
    ip saddr @banned drop
    tcp flags & (fin|syn) == fin|syn drop
    icmp type echo-request limit rate 5/second accept
    ip saddr @nodes accept
    iifname { "cni0", "flannel.1" } accept
    limit rate 3/minute log prefix "dropped: "
    counter reject with icmpx type admin-prohibited
  }
}
RULES`,
    restore: 'nft flush ruleset',
  },
  {
    host: 'fail2ban with a set of addresses',
    make: 'iptables -N f2b-sshd; iptables -A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd; iptables -A f2b-sshd -s 203.0.113.9 -j REJECT; iptables -A f2b-sshd -j RETURN',
    restore: 'nft flush ruleset',
  },
  {
    host: 'Docker with its containerd, rules and bridge',
    make: 'ip link add docker0 type bridge; ip address add 172.17.0.1/16 dev docker0; ip link set docker0 up; iptables -P FORWARD DROP; for chain in DOCKER DOCKER-USER DOCKER-FORWARD; do iptables -N $chain; done; iptables -A FORWARD -j DOCKER-USER; iptables -A FORWARD -j DOCKER-FORWARD; iptables -A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A DOCKER-FORWARD -i docker0 ! -o docker0 -j ACCEPT; iptables -A DOCKER -d 172.17.0.2 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT; iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE; PROGRAM /usr/bin/dockerd; PROGRAM /usr/bin/containerd; mkdir -p /var/lib/docker /var/lib/containerd/io.containerd.metadata.v1.bolt; touch /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
    restore: 'nft flush ruleset; ip link del docker0; rm -r /var/lib/docker /var/lib/containerd',
  },
  {
    host: 'a drop-in file of a packaged containerd',
    make: "printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/containerd --config /etc/containerd/old.toml\\n' | PUT /etc/systemd/system/containerd.service.d/override.conf",
    restore: 'rm -r /etc/systemd/system/containerd.service.d',
  },
  {
    host: 'podman with its network',
    make: `PUT /etc/cni/net.d/87-podman-bridge.conflist <<< '{"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge","bridge":"cni-podman0"},{"type":"portmap"}]}'; ip link add cni-podman0 type bridge; ip address add 10.88.0.1/16 dev cni-podman0; ip link set cni-podman0 up`,
    restore: 'ip link del cni-podman0; rm -r /etc/cni',
  },
  {
    host: 'libvirt with its bridge, rules and dnsmasq',
    make: 'ip link add virbr0 type bridge; ip address add 192.168.122.1/24 dev virbr0; ip link set virbr0 up; iptables -N LIBVIRT_FWO; iptables -N LIBVIRT_FWI; iptables -A FORWARD -j LIBVIRT_FWI; iptables -A FORWARD -j LIBVIRT_FWO; iptables -A LIBVIRT_FWI -o virbr0 -j REJECT; iptables -A LIBVIRT_FWO -i virbr0 -j REJECT; SERVICE dnsmasq dnsmasq --keep-in-foreground --user=root --listen-address=192.168.122.1 --bind-interfaces; LISTENING 53',
    restore: 'nft flush ruleset; ip link del virbr0',
  },
  {
    host: 'LXD with its bridge and table',
    make: `ip link add lxdbr0 type bridge; ip address add 10.158.3.1/24 dev lxdbr0; ip link set lxdbr0 up; nft -f - <<'RULES'
table inet lxd {
  chain fwd.lxdbr0 { type filter hook forward priority 0; policy accept; oifname "lxdbr0" accept; iifname "lxdbr0" accept; }
  chain in.lxdbr0 { type filter hook input priority 0; policy accept; iifname "lxdbr0" udp dport 53 accept; }
}
RULES`,
    restore: 'nft flush ruleset; ip link del lxdbr0',
  },
  {
    host: 'a VPN with an interface, a table and rules by mark',
    make: 'ip link add tailscale0 type veth peer name ts-peer; ip address add 100.64.0.7/32 dev tailscale0; ip link set tailscale0 up; ip link set ts-peer up; ip route add 100.64.0.0/10 dev tailscale0 table 52; ip rule add fwmark 0x80000/0xff0000 table main pref 5210; ip rule add table 52 pref 5270; iptables -N ts-input; iptables -A INPUT -j ts-input; iptables -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP; iptables -A ts-input -i tailscale0 -j ACCEPT',
    restore: 'nft flush ruleset; ip rule del pref 5210; ip rule del pref 5270; ip link del tailscale0',
  },
  {
    host: 'WireGuard with a subnet',
    make: 'ip link add wg0 type veth peer name wg-peer; ip address add 10.200.0.2/24 dev wg0; ip link set wg0 up; ip link set wg-peer up; ip rule add not fwmark 51820 table 51820 pref 32700',
    restore: 'ip rule del pref 32700; ip link del wg0',
  },
  {
    host: 'two network cards',
    make: 'ip link add eth1 type veth peer name eth1peer; ip address add 198.51.100.2/24 dev eth1; ip link set eth1 up; ip link set eth1peer up',
    restore: 'ip link del eth1',
  },
  {
    host: 'an address of /32 and a gateway by onlink',
    make: 'own=$(ip -4 -o address show dev host0 scope global | grep -o "10.90.0.[0-9]*" | head -1); echo $own > /run/own; ip address add $own/32 dev host0; ip address del $own/24 dev host0; ip route replace 10.90.0.1 dev host0; ip route replace default via 10.90.0.1 dev host0 onlink; ip link add docker0 type bridge; ip address add 10.17.0.1/16 dev docker0; ip link set docker0 up',
    restore:
      'own=$(cat /run/own); ip address add $own/24 dev host0; ip address del $own/32 dev host0; ip route del 10.90.0.1 dev host0; ip route replace default via 10.90.0.1 dev host0 proto static; ip link del docker0',
  },
  {
    host: 'a virtual IP address',
    make: 'ip address add 10.90.0.240/32 dev host0',
    restore: 'ip address del 10.90.0.240/32 dev host0',
  },
  {
    host: 'a closed network: no default route, a name server on the same network',
    make: 'ip route del default',
    restore: 'ip route add default via 10.90.0.1 dev host0 proto static',
    verdicts: { 'default-route': 'warn' },
  },
  {
    host: 'IPv6 with temporary addresses',
    make: 'ip -6 address add fd00:99::17/64 dev host0; ip -6 address add fd00:99::dead:beef/64 dev host0 preferred_lft 3600 valid_lft 7200',
    restore: 'ip -6 address flush dev host0 scope global',
  },
  {
    host: 'a host name with a domain',
    make: 'name=$(cat /etc/hostname); sysctl -qw kernel.hostname=$name.plant.example.com; { cat /etc/hosts; echo "$(hostname -I | cut -d" " -f1) $name.plant.example.com"; } > /run/new; PUT /etc/hosts < /run/new',
    restore: 'sysctl -qw kernel.hostname=$(cat /etc/hostname)',
  },
  {
    host: '500 mounts, as of snaps and containers',
    make: 'mkdir -p /run/many; for i in $(seq 500); do mkdir /run/many/$i; mount -t tmpfs -o ro,size=4k,nr_inodes=4 tmpfs /run/many/$i; done',
    restore: 'umount /run/many/*; rm -r /run/many',
  },
  {
    host: '200 routes and 60 links of containers',
    make: 'ip link add br-many type bridge; ip link set br-many up; for i in $(seq 30); do ip link add vm$i type veth peer name vmp$i; ip link set vm$i master br-many; done; for i in $(seq 200); do echo "route add 172.20.$i.0/24 via 10.90.0.1 dev host0"; done | ip -batch -',
    restore:
      'for i in $(seq 30); do ip link del vm$i; done; ip link del br-many; for i in $(seq 200); do ip route del 172.20.$i.0/24; done',
  },
  {
    host: 'hardened mounts: /tmp and /dev/shm noexec, /home nodev, /proc with hidepid',
    make: 'for each in /tmp /dev/shm; do mount -t tmpfs -o noexec,nosuid,nodev tmpfs $each; done; mount -t tmpfs -o nodev tmpfs /home; mount -o remount,hidepid=2 /proc',
    restore: 'mount -o remount,hidepid=0 /proc; umount /tmp /dev/shm /home',
  },
  {
    host: 'a separate disk for containers, with an existing data directory',
    make: 'mkdir /var/lib/cantrip-containerd; mount --bind /var/lib/cantrip-containerd /var/lib/cantrip-containerd; mkdir -p "/var/lib/cantrip-containerd/lost+found"',
    restore: 'umount /var/lib/cantrip-containerd; rm -r /var/lib/cantrip-containerd',
  },
  {
    host: 'umask 077, a small PATH, no HOME',
    make: '',
    through: ['env', '-i', 'PATH=/usr/bin:/bin', 'sh', '-c', 'umask 077; exec "$@"', 'sh'],
  },
  {
    host: 'a Turkish environment, with decimal commas',
    make: '',
    through: ['env', 'LANG=tr_TR.UTF-8', 'LC_ALL=tr_TR.UTF-8', 'LC_NUMERIC=de_DE.UTF-8', 'TZ=Asia/Kathmandu'],
  },
  {
    host: 'a low limit of open files, and a deleted working directory',
    make: 'mkdir -p /run/gone',
    restore: '',
    through: ['sh', '-c', 'ulimit -n 256; mkdir -p /run/gone; cd /run/gone; rmdir /run/gone; exec "$@"', 'sh'],
  },
  {
    host: 'a unit that failed',
    make: 'systemd-run --quiet --unit=broken -- false; until systemctl is-failed --quiet broken; do sleep 0.05; done',
    restore: 'systemctl reset-failed broken',
  },
  {
    host: 'cron jobs, unattended upgrades, a configuration manager that owns other files',
    make: `PUT /etc/cron.d/backup <<< '0 3 * * * root true'; PUT /etc/apt/apt.conf.d/20auto-upgrades <<< 'APT::Periodic::Unattended-Upgrade "1";'; PROGRAM /usr/bin/salt-minion`,
  },
  {
    host: 'Ansible manages what crictl reads',
    make: "PUT /etc/crictl.yaml <<< '# Ansible managed'",
  },
  {
    host: 'a link and chains whose names have the prefix of a pod network',
    make: 'ip link add flannel-office type bridge; iptables -N CILIUM_ALLOW; iptables -N WEAVE-OFFICE',
    restore: 'nft flush ruleset; ip link del flannel-office',
  },
  {
    host: '20,000 names in /etc/hosts',
    make: '{ cat /etc/hosts; seq -f "192.0.2.1 host%.0f.example.com" 20000; } > /run/new; PUT /etc/hosts < /run/new',
  },
  {
    host: 'servers on ports that Kubernetes does not use',
    make: 'for port in 8080 9090 5432; do SERVICE web$port socat TCP-LISTEN:$port,fork,reuseaddr EXEC:/bin/cat; LISTENING $port; done',
  },
  {
    host: 'three name servers, options and comments',
    make: "printf '; by hand\\n# search old.example.com\\nnameserver 10.90.0.1\\nnameserver 10.90.0.250\\noptions timeout:1 attempts:2 edns0\\n' | PUT /etc/resolv.conf",
  },
  {
    host: 'a hardened kernel that still forwards',
    make: "printf 'net.ipv4.conf.all.rp_filter = 2\\nkernel.kptr_restrict = 2\\nnet.ipv4.ip_forward = 1\\n' | PUT /etc/sysctl.d/99-hardening.conf",
  },
  {
    host: 'systemd-networkd with files for network cards only',
    make: "printf '[Match]\\nType=ether\\nMACAddress=02:00:00:00:00:01\\n\\n[Network]\\nDHCP=yes\\n' | PUT /etc/systemd/network/50-second.network",
  },
]
