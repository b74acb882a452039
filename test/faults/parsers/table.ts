import { parseNftChains } from '../../../src/agent/pair-check/firewall.ts'
import { isLoopback } from '../../../src/base/net/address.ts'
import { parseSubnet } from '../../../src/base/net/subnet.ts'
import { parseChecksums } from '../../../src/bundle/upstream/checksums.ts'
import { parseIptables } from '../../../src/checks/firewall/iptables.ts'
import { parseNft } from '../../../src/checks/firewall/nft.ts'
import { parseServicePorts, parseZones } from '../../../src/checks/firewalld/zones.ts'
import { parseIni } from '../../../src/checks/other-managers/ini.ts'
import { isExempt } from '../../../src/checks/proxy/no-proxy.ts'
import { parseUnitState } from '../../../src/host/linux/services.ts'
import { parseEnabledControllers } from '../../../src/host/parse/cgroups.ts'
import { parseEnvironment } from '../../../src/host/parse/environment.ts'
import { parseForbiddenModules, parseModuleIndex } from '../../../src/host/parse/kernel-modules.ts'
import { mountOf, parseMountinfo } from '../../../src/host/parse/mountinfo.ts'
import { dnsQuery, readDnsReply } from '../../../src/host/parse/network/dns.ts'
import { parseBoundSockets } from '../../../src/host/parse/network/proc-net.ts'
import { parseRegistryHosts } from '../../../src/host/parse/network/registry-hosts.ts'
import { parseResolvConf } from '../../../src/host/parse/network/resolv-conf.ts'
import {
  parseIpv6Addresses,
  parseIpv6Routes,
  parseLocalAddresses,
  parseRoutes,
} from '../../../src/host/parse/network/routes.ts'
import { readSntpReply, sntpRequest } from '../../../src/host/parse/network/sntp.ts'
import { parseNumberList } from '../../../src/host/parse/number-list.ts'
import { compareVersions, parseOsRelease } from '../../../src/host/parse/os-release.ts'
import { parseFstabSwaps, parseSwaps } from '../../../src/host/parse/swaps.ts'
import { parseSysctlConf } from '../../../src/host/parse/sysctl-conf.ts'
import {
  parseChronyDirectories,
  parseChronyTracking,
  parseLinkServers,
  parseNtpctlSynchronised,
  parseNtpqSynchronised,
  parseNtpServers,
  parseTimesyncdServers,
  parseTimesyncServer,
} from '../../../src/host/parse/time-sync.ts'
import { parseUnitFile } from '../../../src/host/parse/unit-file.ts'
import { parseUnitProperties } from '../../../src/host/units/unit-properties.ts'
import { decodeRecords } from '../../../src/ledger/record-format.ts'
import { parsePodErrors } from '../../../src/provision/pods/pod-errors.ts'
import { CGROUP_MOUNTS, PROC_CGROUPS } from '../../support/fixtures/cgroups.ts'
import { dnsReply } from '../../support/fixtures/dns.ts'
import { MODULES_BUILTIN, MODULES_DEP } from '../../support/fixtures/kernel-modules.ts'
import { KUBELET_JOURNAL } from '../../support/fixtures/kubelet-journal.ts'
import { OS_RELEASES } from '../../support/fixtures/os-release.ts'
import { LOOPBACK, procFiles, VIRBR0 } from '../../support/fixtures/proc-net.ts'
import { REGISTRY_HOSTS } from '../../support/fixtures/registry-hosts.ts'
import { RESOLV_CONFS } from '../../support/fixtures/resolv-conf.ts'
import { ROUTES } from '../../support/fixtures/routes.ts'
import { CHRONY_TRACKING, NTPQ, sntpReply, TIMESYNC } from '../../support/fixtures/time-sync.ts'
import { IPTABLES_FILTER, LEDGER, NFT_CHAINS, NFT_RULES, SERVERS, SMALL_FILES, ZONES } from './samples.ts'

export type Sample = string | Uint8Array

/** A long word followed by a character that `.` does not match: a backtracking pattern takes quadratic time. */
const LONG_CHAIN = `*filter\n:INPUT DROP [0:0]\n-A ${'x'.repeat(20_000)} -j\rDROP\nCOMMIT\n`

/** Every parser of files, command output and network answers, with real inputs. Add new parsers here. */
export const PARSERS: Record<string, { samples: readonly Sample[]; parse(text: string, bytes: Buffer): unknown }> = {
  parseBoundSockets: {
    samples: ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => sockets()[path] ?? ''),
    parse: (text) => [parseBoundSockets('tcp', text), parseBoundSockets('udp6', text)],
  },
  parseChecksums: {
    samples: [`${'a'.repeat(64)}  runc.amd64\n${'b'.repeat(128)}\nSHA256 (x) = ${'c'.repeat(64)}\n`],
    parse: parseChecksums,
  },
  parseChronyDirectories: { samples: SERVERS.chrony, parse: parseChronyDirectories },
  parseChronyTracking: { samples: Object.values(CHRONY_TRACKING), parse: parseChronyTracking },
  parseEnabledControllers: { samples: [PROC_CGROUPS], parse: parseEnabledControllers },
  parseEnvironment: { samples: SMALL_FILES.environment, parse: parseEnvironment },
  parseForbiddenModules: { samples: SMALL_FILES.modprobe, parse: parseForbiddenModules },
  parseFstabSwaps: { samples: SMALL_FILES.fstab, parse: parseFstabSwaps },
  parseIni: {
    samples: ['[Match]\nName=en* !veth*\nType=ether\n\n[Network]\n# none\nDHCP = yes\n'],
    parse: parseIni,
  },
  parseIptables: {
    samples: [IPTABLES_FILTER, LONG_CHAIN],
    parse: (text) => parseIptables(text, 'iptables'),
  },
  parseIpv6Addresses: { samples: [sockets()['/proc/net/if_inet6'] ?? ''], parse: parseIpv6Addresses },
  parseIpv6Routes: { samples: [ROUTES.ipv6Alone['/proc/net/ipv6_route']], parse: parseIpv6Routes },
  parseLinkServers: { samples: SERVERS.links, parse: parseLinkServers },
  parseLocalAddresses: { samples: [sockets()['/proc/net/fib_trie'] ?? ''], parse: parseLocalAddresses },
  parseModuleIndex: { samples: [MODULES_DEP, MODULES_BUILTIN], parse: parseModuleIndex },
  parseMountinfo: {
    samples: Object.values(CGROUP_MOUNTS),
    parse: (text) => mountOf('/sys/fs/cgroup/memory', parseMountinfo(text)),
  },
  parseNftChains: { samples: NFT_CHAINS, parse: parseNftChains },
  parseNft: { samples: [...NFT_CHAINS, NFT_RULES], parse: (text) => unlessMalformed(() => parseNft(text)) },
  parseNtpServers: { samples: [...SERVERS.chrony, ...SERVERS.ntpd], parse: parseNtpServers },
  parseNtpqSynchronised: { samples: Object.values(NTPQ), parse: parseNtpqSynchronised },
  parseNtpctlSynchronised: { samples: ['4/4 peers valid, clock synced, stratum 3\n'], parse: parseNtpctlSynchronised },
  parseNumberList: { samples: ['0-3,8', '0', '0-127', '0,2,4-6'], parse: parseNumberList },
  parseOsRelease: {
    samples: Object.values(OS_RELEASES).map(([, release]) => release),
    parse: (text) => compareVersions(parseOsRelease(text).VERSION_ID ?? text.slice(0, 200), '20.04'),
  },
  parsePodErrors: { samples: [KUBELET_JOURNAL], parse: parsePodErrors },
  parseRegistryHosts: { samples: Object.values(REGISTRY_HOSTS), parse: parseRegistryHosts },
  parseResolvConf: {
    samples: Object.values(RESOLV_CONFS).map(({ text }) => text),
    parse: (text) => parseResolvConf(text).nameservers.map(isLoopback),
  },
  parseRoutes: {
    samples: Object.values<Record<string, string>>(ROUTES).map((files) => files['/proc/net/route'] ?? ''),
    parse: parseRoutes,
  },
  parseSubnet: {
    samples: ['10.244.0.0/16', 'fd00:42::/56', '127.0.0.1', 'fe80::1%eth0', 'localhost,10.0.0.0/8,.svc *.example.com'],
    parse: (text) => [parseSubnet(text), isExempt('10.244.0.0/16', text), isExempt('.svc', text)],
  },
  parseServicePorts: {
    samples: [
      '<?xml version="1.0"?>\n<service>\n  <port protocol="tcp" port="6443"/>\n  <port port=\'53\' protocol=\'udp\'></port>\n',
    ],
    parse: parseServicePorts,
  },
  parseSwaps: { samples: SMALL_FILES.swaps, parse: parseSwaps },
  parseSysctlConf: { samples: SMALL_FILES.sysctl, parse: parseSysctlConf },
  parseTimesyncServer: { samples: [TIMESYNC], parse: parseTimesyncServer },
  parseTimesyncdServers: { samples: SERVERS.timesyncd, parse: (text) => parseTimesyncdServers([text, text]) },
  parseUnitFile: {
    samples: ['[Service]\nExecStart=\nExecStart=/usr/bin/containerd \\\n  --config /etc/x\n# no\n'],
    parse: parseUnitFile,
  },
  parseUnitProperties: { samples: SMALL_FILES.units, parse: parseUnitProperties },
  parseUnitState: { samples: SMALL_FILES.units, parse: parseUnitState },
  parseZones: { samples: ZONES, parse: parseZones },
  decodeRecords: { samples: LEDGER, parse: (_, bytes) => decodeRecords(bytes) },
  readDnsReply: { samples: dnsReplies(), parse: (_, bytes) => readDnsReply(bytes, query()) },
  readSntpReply: {
    samples: [
      sntpReply(sntpRequest(new Uint8Array(8)), 0, {}).reply,
      sntpReply(new Uint8Array(48), 0, { stratum: 0 }).reply,
    ],
    parse: (_, bytes) => readSntpReply(bytes, sntpRequest(new Uint8Array(8)), { sentAtMs: 0, receivedAtMs: 1 }),
  },
}

function sockets(): Record<string, string> {
  const listening = { port: 22, state: '0A', inode: 1 } as const
  return procFiles([
    { table: 'tcp', local: LOOPBACK, ...listening },
    { table: 'tcp', local: VIRBR0, ...listening, port: 53, state: '01' },
    { table: 'tcp6', local: '0'.repeat(32), ...listening },
  ]).files
}

function query(): Uint8Array {
  return dnsQuery('node-1.example.com', 'A', 1) ?? new Uint8Array()
}

function dnsReplies(): Uint8Array[] {
  const records = [Buffer.from([192, 0, 2, 1]), Buffer.from([192, 0, 2, 2])]
  return [{ records }, { code: 3 }, {}].map((answer) => dnsReply(query(), answer).reply)
}

/** The caller reports answers that cannot be parsed. */
function unlessMalformed(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
