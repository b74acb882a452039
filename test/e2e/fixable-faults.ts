/** Faults that a node without Kubernetes can have, and the fixes that the prechecks print for them. */
export interface Fault {
  /** The ID of the check that reports it. */
  check: string
  /** A script that causes the fault, next to unrelated objects that the fix must not touch. */
  show: string
  /** A script that exits with 0 while the unrelated objects are unchanged. */
  unrelated?: string
  /** The commands of the fix as they are written in the code, with {} for each value of the machine. */
  prints: readonly string[]
  /** The fix still holds after a reboot. Unset where the fault itself does not outlive a reboot. */
  lasts?: true
  /**
   * When its fix is run: in the first round with the other fixes (1, the default), or after the prechecks ran again (2),
   * because another fix also removes this fault, or because one fix follows another, such as a host name and its address.
   */
  rounds?: readonly (1 | 2)[]
}

const CHAINS = `
iptables -N KUBE-ALLOW && iptables -A KUBE-ALLOW -j RETURN && iptables -A INPUT -m comment --comment 'my (own) "rule"' -j KUBE-ALLOW
iptables -t nat -N CNI-HOSTPORT-DNAT && iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
iptables -N KUBE-FIREWALL && iptables -I INPUT -m comment --comment 'a "b" -j c' -j KUBE-FIREWALL
iptables -t nat -N KUBE-SERVICES && iptables -t nat -N KUBE-SVC-ABCDEFGHIJKLMNOP && iptables -t nat -A OUTPUT -j KUBE-SERVICES
iptables -t nat -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-ABCDEFGHIJKLMNOP
ip6tables -N KUBE-FORWARD && ip6tables -A FORWARD -j KUBE-FORWARD
nft add table ip kube-proxy; nft add table inet mine
ip rule add pref 9 fwmark 0x200/0xf00 lookup 2004; ip route add local 0.0.0.0/0 dev lo table 2004
ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup main; ip rule add pref 32000 not fwmark 0xca6c lookup 51820
ip route add blackhole 10.244.7.0/26 proto 80; ip route add blackhole 198.51.100.0/24
ip link add cni0 type bridge; ip link add lxcbr0 type bridge`

const unit = (name: string, exec: string) => `
printf '%s\\n' '[Service]' 'ExecStart=${exec}' '[Install]' 'WantedBy=multi-user.target' > '/etc/systemd/system/${name}'
systemctl daemon-reload && systemctl enable -q '${name}'`

const STATE = `
volumes='/var/lib/kubelet/pods/0b1c/volumes/kubernetes.io~nfs'
mkdir -p /srv/data '/srv/two words' "$volumes/v1" "$volumes/a b*(c)" /srv/etcd/member /srv/rke2/x /var/lib/rancher
echo precious > /srv/data/db; echo precious > '/srv/two words/db'; echo precious > /srv/etcd/member/db; echo precious > /srv/rke2/x/db
mount --bind /srv/data "$volumes/v1"; mount --bind '/srv/two words' "$volumes/a b*(c)"; mount -t tmpfs none "$volumes/v1"
mkdir -p /var/lib/etcd && mount --bind /srv/etcd /var/lib/etcd; ln -s /srv/rke2 /var/lib/rancher/rke2
mkdir -p /etc/kubernetes/pki /etc/cni/net.d && echo key > /etc/kubernetes/pki/ca.key
echo '{"plugins":[{"type":"flannel"}]}' > "/etc/cni/net.d/10 (old) 'flannel'.conflist"
cp /usr/bin/sleep /usr/bin/kubelet && systemd-run -q --unit=kubelet -p Restart=always /usr/bin/kubelet 600
cp /usr/bin/sleep /usr/local/bin/k0s && setsid -f /usr/local/bin/k0s 600 > /dev/null 2>&1 < /dev/null
cp /usr/bin/sleep /usr/local/bin/kube-proxy
${unit('kube-proxy.service', '/usr/local/bin/kube-proxy 600')} && systemctl start kube-proxy`

export const FAULTS: readonly Fault[] = [
  {
    check: 'previous-kubernetes',
    prints: [
      'ip link delete {}',
      'nft delete table {} {}',
      'ip route delete {}',
      '{} | awk -v names={} {} | {} --noflush',
      'ip {} rule delete pref {} {}',
      'ip {} route flush table {}',
      'systemctl daemon-reload',
      'systemctl disable --now {}',
      'systemctl stop {}',
      'pkill --ns $$ --nslist pid -x {}',
      "findmnt -lno TARGET | grep -E {} | LC_ALL=C sort -r | xargs -rd '\\n' umount",
      '! findmnt -lno TARGET | grep -E {}',
      'mv -t "$old"{} {}',
    ],
    lasts: true,
    show: CHAINS + STATE,
    unrelated: `
set -e; cat /srv/data/db '/srv/two words/db' /srv/etcd/member/db /srv/rke2/x/db 2>/dev/null | grep -c precious >&2
test -f /srv/data/db; test -f '/srv/two words/db'; grep -rq precious /var/lib/former-kubernetes-*/var/lib/etcd /srv/etcd
grep -q key /var/lib/former-kubernetes-*/etc/kubernetes/pki/ca.key
iptables-save | grep -q 'my (own)'; iptables-save | grep -q -- '-A KUBE-ALLOW -j RETURN'; nft list table inet mine >/dev/null
ip rule | grep -q 0xca6c; ip rule | grep -q 0x80000; ip route show type blackhole | grep -q 198.51.100.0/24; ip link show lxcbr0 >/dev/null`,
  },
  {
    check: 'dns-port',
    prints: ['systemctl disable --now dnsmasq'],
    lasts: true,
    show: `${unit('dnsmasq.service', '/usr/sbin/dnsmasq --keep-in-foreground --user=root --no-resolv')}
systemctl start dnsmasq; for i in $(seq 50); do ss -Hlnu 'sport = :53' | grep -q . && break; sleep 0.1; done`,
  },
  {
    check: 'hostname',
    prints: ['hostnamectl set-hostname {}', 'echo {} >> /etc/hosts'],
    lasts: true,
    show: 'sysctl -qw kernel.hostname=Bad_Name',
    unrelated: 'grep -q localhost /etc/hosts',
    rounds: [1, 2],
  },
  {
    check: 'resolv-conf',
    prints: ['sed -i -E --follow-symlinks {} /etc/resolv.conf'],
    lasts: true,
    show: "printf '%s\\n' \"$(grep nameserver /etc/resolv.conf)\" 'options timeout:2 rotate' > /etc/resolv.conf",
    unrelated: "grep -q '^options timeout:2$' /etc/resolv.conf",
  },
  {
    check: 'sysctl',
    prints: ['sed -i -E --follow-symlinks {} {}'],
    lasts: true,
    show: `printf '%s\\n' 'kernel.printk = 3' ' net.ipv4.ip_forward=0' > '/etc/my (own) sysctl.conf'
ln -sf '/etc/my (own) sysctl.conf' /etc/sysctl.d/99-sysctl.conf`,
    unrelated: "test -L /etc/sysctl.d/99-sysctl.conf && grep -q printk '/etc/my (own) sysctl.conf'",
  },
  {
    check: 'swap',
    prints: [
      "sed -i.before-kubernetes -E 's/^\\s*[^#[:space:]]\\S*\\s+\\S+\\s+swap\\s/#&/' /etc/fstab",
      'systemctl disable --now {}',
      'systemctl daemon-reload',
      'systemctl mask swap.target',
    ],
    lasts: true,
    show: `printf '%s\\n' '  /swap.img none swap sw 0 0' 'tmpfs /mnt tmpfs noauto 0 0' >> /etc/fstab
mkdir -p /etc/systemd/system/swap.target.wants && touch /etc/systemd/system/data-file.swap
ln -s ../data-file.swap /etc/systemd/system/swap.target.wants/
${unit('my (zram).service', '/bin/sh -c "swapon /dev/zram7"')}${unit('zramswap.service', '/bin/true')}${unit('usb-hotswap.service', '/bin/true')}`,
    unrelated: "systemctl is-enabled -q usb-hotswap && grep -q '^tmpfs /mnt' /etc/fstab",
  },
  {
    check: 'proxy',
    prints: ['systemctl set-environment {}', 'mkdir -p {}', "printf '%s\\n' '[Manager]' {} > {}"],
    show: `systemctl set-environment HTTPS_PROXY=http://127.0.0.1:3128 'NO_PROXY=10.0.0.0/8, *.corp.example ,localhost' 'MINE=a b'
systemd-run -q --unit=proxy systemd-socket-activate --listen=127.0.0.1:3128 --inetd --accept /bin/cat`,
    unrelated: "systemctl show-environment | grep -q MINE= && systemctl show-environment | grep -q 'corp.example'",
  },
  {
    check: 'filesystems',
    prints: ['rm {}', 'mount -o remount,exec {}', 'rm {} && mkdir -p {} && echo {} >> /etc/fstab && mount {}'],
    show: `mkdir -p '/var/my disk/(c)' && echo precious > '/var/my disk/(c)/x'
ln -s '/var/my disk/(c)' /var/lib/cantrip-containerd; ln -s loop /usr/local/lib/cantrip; ln -s cantrip /usr/local/lib/loop
mkdir -p /opt/cni/bin && mount -t tmpfs -o noexec none /opt/cni/bin`,
    unrelated: "grep -q precious '/var/my disk/(c)/x' && grep -q precious /var/lib/cantrip-containerd/x",
  },
  {
    check: 'default-route',
    prints: ['ip route add default {} metric {}', 'ip route delete default {} metric {}'],
    show: `ip link add d0 type veth peer name d1 && ip link set d1 up && ip address add 203.0.113.2/24 dev d0 && ip link set d0 up
metric=$(ip route show default | grep -o 'metric [0-9]*'); ip route append default via 203.0.113.1 dev d0 $metric`,
    // The fix of another check restarts systemd-networkd, which needs a moment to add its own route again.
    unrelated:
      'for i in $(seq 100); do ip route show default | grep -q host0 && ip route show default | grep -q 203.0.113.1 && exit; sleep 0.1; done; ip route; exit 1',
  },
  { check: 'mtu', prints: ['ip link set {} mtu 1500'], show: 'ip link set host0 mtu 1280' },
  {
    check: 'other-managers',
    prints: [
      "mkdir -p /etc/systemd/networkd.conf.d && printf '[Network]\\nManageForeignRoutingPolicyRules=no\\n' > /etc/systemd/networkd.conf.d/90-kubernetes.conf && systemctl restart systemd-networkd",
      "printf '%s\\n' '[Match]' {} '' '[Link]' 'Unmanaged=yes' > /etc/systemd/network/00-kubernetes.network && networkctl reload",
    ],
    lasts: true,
    show: `printf '%s\\n' '[Match]' 'Name=veth*' '[Network]' 'DHCP=no' > '/etc/systemd/network/99-all (old).network'`,
    unrelated: "test -f '/etc/systemd/network/99-all (old).network'",
  },
  {
    check: 'identity',
    prints: ['rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup'],
    lasts: true,
    show: 'printf "%032d\\n" 0 > /etc/machine-id',
  },
  {
    check: 'firewall',
    prints: [`rules=$(printf '%s\\n' {}) && printf '%s\\n' "$rules" | nft -f - && printf '%s\\n' "$rules" >> {}`],
    show: `nft add table inet filter && nft 'add chain inet filter input { type filter hook input priority 0; policy drop; }'
nft add rule inet filter input ct state established,related accept; nft add rule inet filter input iif lo accept
nft 'add rule inet filter input tcp dport 22 accept comment "mine"'`,
    unrelated:
      'nft list chain inet filter input | grep -q mine && nft list chain inet filter input | grep -q "policy drop"',
  },
  {
    check: 'foreign-configuration',
    prints: ['systemctl daemon-reload'],
    lasts: true,
    rounds: [2],
    show: `mkdir -p '/etc/systemd/system/kubelet.service.d' && printf '%s\\n' '[Service]' 'ExecStart=' 'ExecStart=/usr/bin/kubelet --old' > '/etc/systemd/system/kubelet.service.d/my (old).conf'
printf '%s\\n' '[Service]' 'LimitNOFILE=9999' > /etc/systemd/system/kubelet.service.d/mine.conf`,
    unrelated: 'test -f /etc/systemd/system/kubelet.service.d/mine.conf',
  },
  {
    check: 'owners',
    rounds: [1, 2],
    prints: ['chown --no-dereference root:root {}', 'chown root:root {}', 'chmod go-w {}'],
    lasts: true,
    show: `mkdir -p /etc/cni/net.d /srv/ctrd '/var/lib/kubelet' && chown nobody /etc/cni && chmod o+w /etc/systemd/system
ln -s /srv/ctrd /etc/cantrip-containerd && chown -h nobody /etc/cantrip-containerd && chown nobody /srv`,
  },
]
