import { ETCD_DATA } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import { hostPort } from '../../base/net/address.ts'
import { type EtcdMember, peerUrlOf } from '../../provision/etcd/etcd-members.ts'
import { MEMBER_DATA } from '../../provision/paths.ts'
import { CONFINED_SERVICE } from '../../provision/steps/units.ts'

/** etcd renames the directory to this name after it has written the first entry: without it a member has no data. */
export const WAL = `${MEMBER_DATA}/member/wal`

interface Member {
  name: string
  address: string
  /** The members that it joins; none if it is the first. */
  others: readonly Pick<EtcdMember, 'id' | 'peerUrl'>[]
  /** Separates members of two clusters that once had the same address. */
  token: string
  pki: string
}

/** Settings that etcd reads only while it has no data. */
const INITIAL = ['initial-cluster', 'initial-cluster-state']

/** Whether the files differ at most in settings that a member with data ignores. */
export function sameConfiguration(found: string | undefined, wanted: string): boolean {
  if (found === undefined || !found.endsWith('}\n')) return false
  const settled = (text: string) =>
    JSON.stringify(Object.entries(JSON.parse(text)).filter(([setting]) => !INITIAL.includes(setting)))
  return settled(found) === settled(wanted)
}

/** etcd's configuration file. The format is YAML, so JSON is valid. */
export function configuration({ name, address, others, token, pki }: Member): string {
  const client = `https://${hostPort(address, 2379)}`
  const peer = peerUrlOf(address)
  // Ids instead of names: etcd identifies the others by URL, and two members can have the same name or none yet.
  const initial = [...others.map(({ id, peerUrl }) => `${id}=${peerUrl}`), `${name}=${peer}`]
  const tls = (file: string) => ({
    'cert-file': `${pki}/${file}.crt`,
    'key-file': `${pki}/${file}.key`,
    'trusted-ca-file': `${pki}/ca.crt`,
    'client-cert-auth': true,
  })
  const settings = {
    name,
    'data-dir': MEMBER_DATA,
    'listen-client-urls': `https://127.0.0.1:2379,${client}`,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': initial.join(','),
    'initial-cluster-token': token,
    'initial-cluster-state': others.length === 0 ? 'new' : 'existing',
    // Health and metrics without a client certificate, on loopback only.
    'listen-metrics-urls': 'http://127.0.0.1:2381',
    'client-transport-security': tls('server'),
    'peer-transport-security': tls('peer'),
    'tls-min-version': 'TLS1.2',
    'feature-gates': 'InitialCorruptCheck=true',
    'log-level': 'warn',
  }
  return `${JSON.stringify(settings, null, 2)}\n`
}

export function unit({ binaries }: Layout, configurationFile: string): string {
  return `[Unit]
Description=etcd
Documentation=https://etcd.io
After=network-online.target
Wants=network-online.target
RequiresMountsFor=${ETCD_DATA}
# Its address may be there only minutes after a boot.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${binaries}/etcd --config-file ${configurationFile}
Restart=always
RestartSec=2
# Members talk to each other, never through a proxy.
UnsetEnvironment=HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
LimitNOFILE=65536
OOMScoreAdjust=-999
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${ETCD_DATA}
${CONFINED_SERVICE}

[Install]
WantedBy=multi-user.target
`
}

/**
 * For a member that has had data. Without it etcd would start under the former id: as a new, empty cluster, or as a voter that
 * lost its votes. systemd logs the description when it refuses to start the unit.
 */
export function dropIn(): string {
  return `# Written by Cantrip after the first start: without its data etcd would start as another cluster or another member.
[Unit]
Description=etcd (not without its data, ${WAL})
AssertPathExists=${WAL}
`
}
