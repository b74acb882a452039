/** Real inputs of parsers without a shared fixture. */
import type { Entry } from '../../../src/ledger/entry.ts'
import { encodeRecord } from '../../../src/ledger/record-format.ts'

/** `firewall-cmd --list-all-zones` */
export const ZONES = [
  `block
  target: %%REJECT%%
  icmp-block-inversion: no
  interfaces: 
  sources: 
  services: 
  ports: 
  protocols: 
  forward: yes
  masquerade: no

public (default, active)
  target: default
  icmp-block-inversion: no
  interfaces: eth0 eth1
  sources: 192.0.2.0/24
  services: cockpit dhcpv6-client kubelet ssh
  ports: 6443/tcp 2379-2380/tcp 8472/udp
  rich rules: 
\trule family="ipv4" source address="10.0.0.0/16" port port="6443" protocol="tcp" accept
	rule family="ipv4" source address="192.0.2.0/24" accept
`,
]

export const SERVERS = {
  chrony: [
    `# Use Debian vendor zone.
pool 2.debian.pool.ntp.org iburst
server 192.0.2.1 iburst minpoll 4
sourcedir /run/chrony-dhcp
sourcedir /etc/chrony/sources.d
confdir /etc/chrony/conf.d
refclock PHC /dev/ptp0 poll 2
keyfile /etc/chrony/chrony.keys
makestep 1 3
`,
  ],
  ntpd: [
    `driftfile /var/lib/ntpsec/ntp.drift
restrict default kod nomodify nopeer noquery limited
pool 0.debian.pool.ntp.org iburst
server -4 192.0.2.1 prefer
server 127.127.1.0
`,
  ],
  timesyncd: [
    `#  This file is part of systemd.
[Time]
NTP=192.0.2.123 time.example.com
#FallbackNTP=0.debian.pool.ntp.org 1.debian.pool.ntp.org
#RootDistanceMaxSec=5
`,
  ],
  links: [
    '# This is private data. Do not parse.\nADMIN_STATE=configured\nDNS=192.0.2.53\nNTP=192.0.2.123 192.0.2.124\n',
  ],
} as const

/** `nft -j list chains` */
export const NFT_CHAINS = [
  '{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}, {"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}, {"chain": {"family": "ip", "table": "nat", "name": "PREROUTING", "handle": 2, "type": "nat", "hook": "prerouting"}}]}',
]

export const NFT_RULES =
  '{"nftables": [{"table": {"family": "inet", "name": "filter", "handle": 1}}, {"set": {"family": "inet", "table": "filter", "name": "nodes", "type": "ipv4_addr", "elem": [{"prefix": {"addr": "10.0.2.0", "len": 24}}, {"range": ["10.0.3.1", "10.0.3.9"]}]}}, {"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}, {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 2, "expr": [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]}}, {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 3, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@nodes"}}, {"vmap": {"key": {"meta": {"key": "l4proto"}}, "data": {"set": [["tcp", {"accept": null}], ["udp", {"jump": {"target": "other"}}]]}}}]}}]}'

export const IPTABLES_FILTER = `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:SITE - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "a \\"quoted\\" word" -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -p tcp -m multiport --dports 22,6443,2379:2380 -j SITE
-A SITE -i cni+ -g SITE
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
`

export const SMALL_FILES = {
  environment: [
    "LANG=C.UTF-8\nPATH=/usr/local/sbin:/usr/bin\nHTTPS_PROXY=http://me:secret@proxy.example.com:3128\nNO_PROXY=$'localhost, 10.0.0.0/8'\n",
  ],
  fstab: [
    'UUID=0a3407de / ext4 errors=remount-ro 0 1\n/dev/sda2 none swap sw,noauto 0 0\n# /swapfile none swap sw 0 0\n',
  ],
  swaps: [
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2                               partition\t2097148\t\t0\t\t-2\n/swap\\040file file 1024 0 -3\n',
  ],
  sysctl: ['# comment\nnet.ipv4.ip_forward = 1\n-net/ipv4/conf/eth0.1/rp_filter=2\n; other\nkernel.printk=4 4 1 7\n'],
  modprobe: ['# no USB\ninstall usb-storage /bin/false\nblacklist vxlan\ninstall vxlan /usr/bin/true # really\n'],
  units: ['UnitFileState=enabled\nActiveState=active\n', 'ActiveState=inactive\nUnitFileState=\n'],
} as const

const ENTRIES: Entry[] = [
  { kind: 'run-begun', run: 'r-1', role: 'install', at: '2026-01-01T00:00:00.000Z' },
  { kind: 'started', run: 'r-1', step: 'agent/write-unit' },
  { kind: 'done', run: 'r-1', step: 'agent/write-unit' },
  { kind: 'ended', run: 'r-1', outcome: 'done', at: '2026-01-01T00:00:01.000Z' },
]

export const LEDGER = [Buffer.concat(ENTRIES.map((entry, i) => encodeRecord({ ...entry, seq: i + 1 })))]
