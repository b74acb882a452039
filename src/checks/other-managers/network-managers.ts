import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { filesIn, parseIni, settingOf } from './ini.ts'
import { matchesGlob, PATTERNS, POD_LINKS, type PodLink } from './pod-links.ts'

const WANTED = 'unmanaged links of the pod network'

/** Network managers other than systemd-networkd that would assign addresses or routes to links of the pod network. */
export async function judgeNetworkManagers(host: HostView): Promise<Finding[]> {
  return (await Promise.all([networkManager(host), cloudSetup(host), dhcpcd(host), connman(host)])).flat()
}

const CONF_DIRECTORIES = ['/usr/lib', '/run', '/etc'].map((top) => `${top}/NetworkManager/conf.d`)
const PROFILES = ['/usr/lib', '/run', '/etc'].map((top) => `${top}/NetworkManager/system-connections`)
const ETHERNET = ['ethernet', '802-3-ethernet']
/** NMConnectionMultiConnect: the profile is active on several devices at the same time. */
const SEVERAL = ['2', '3']

/** It ignores links of other programs, except with a profile for any Ethernet device: links of pods are Ethernet devices. */
async function networkManager(host: HostView): Promise<Finding[]> {
  if (host.uid() !== 0) return []
  const profiles = (await filesIn(host, PROFILES)).filter(({ text }) => isForAll(text))
  const [first] = profiles
  if (first === undefined || !(await isUnitActive(host, 'NetworkManager.service'))) return []
  const main = (await host.read('/etc/NetworkManager/NetworkManager.conf')) ?? ''
  const texts = [main, ...(await filesIn(host, CONF_DIRECTORIES)).map(({ text }) => text)]
  const specs = texts.flatMap((text) => valuesOf(text)).join(';')
  if (POD_LINKS.every((link) => link.kind !== 'veth' || isUnmanaged(link, specs))) return []
  const devices = PATTERNS.map((pattern) => `interface-name:${pattern}`).join(';')
  return [
    {
      kind: 'warn',
      found: `NetworkManager starts the profile ${first.path}, which matches every Ethernet device, on links of pods`,
      wanted: WANTED,
      fix: command`printf '%s\n' '[keyfile]' ${`unmanaged-devices+=;${devices}`} > /etc/NetworkManager/conf.d/90-kubernetes.conf && systemctl reload NetworkManager`,
    },
  ]
}

function isForAll(profile: string): boolean {
  const ini = parseIni(profile)
  const of = (key: string) => settingOf(ini, 'connection', key)
  const isBound =
    of('interface-name') !== undefined ||
    ini.has('match') ||
    ETHERNET.some((name) => settingOf(ini, name, 'mac-address'))
  const starts = (of('autoconnect') ?? 'true') !== 'false'
  return ETHERNET.includes(of('type') ?? '') && starts && !isBound && SEVERAL.includes(of('multi-connect') ?? '')
}

function valuesOf(text: string): string[] {
  const values = parseIni(text).get('keyfile') ?? []
  return values.flatMap(([key, value]) => (/^unmanaged-devices\+?$/.test(key) ? [value] : []))
}

/** See NetworkManager.conf(5), device list format. */
function isUnmanaged({ name, kind }: PodLink, specs: string): boolean {
  const words = specs.split(/[;,]/).map((word) => word.trim())
  const is = (spec: string) => {
    const [, key, value = ''] = /^(?:([a-z-]+):)?=?(.*)$/.exec(spec) ?? []
    if (key === 'type' || key === 'driver') return value === kind
    return (key === undefined || key === 'interface-name') && value !== '' && matchesGlob(name, value)
  }
  const excepted = words.some((word) => word.startsWith('except:') && is(word.slice('except:'.length)))
  return !excepted && words.some((word) => !word.startsWith('except:') && is(word))
}

/** nm-cloud-setup(8), on cloud images of the RHEL family. */
async function cloudSetup(host: HostView): Promise<Finding[]> {
  if (!(await isUnitActive(host, 'nm-cloud-setup.timer'))) return []
  return [
    {
      kind: 'warn',
      found: 'nm-cloud-setup adds routing rules that send packets of pods to the wrong interface',
      wanted: 'not active',
      fix: 'systemctl disable --now nm-cloud-setup.timer nm-cloud-setup.service  # then restart the machine',
    },
  ]
}

/** Without a list dhcpcd requests an address on every link, veth and VXLAN included, and adds routes over it. */
async function dhcpcd(host: HostView): Promise<Finding[]> {
  const text = (await host.read('/etc/dhcpcd.conf')) ?? ''
  const list = (key: string) =>
    [...text.matchAll(new RegExp(`^\\s*${key}\\s+(.+)$`, 'gm'))].flatMap((match) => (match[1] ?? '').split(/\s+/))
  const allowed = list('allowinterfaces')
  const denied = list('denyinterfaces')
  const isOn = (patterns: readonly string[], { name }: PodLink) =>
    patterns.some((pattern) => matchesGlob(name, pattern))
  const managed = POD_LINKS.filter((link) => (allowed.length === 0 || isOn(allowed, link)) && !isOn(denied, link))
  // dhcpcd ignores bridges.
  if (!managed.some(({ kind }) => kind !== 'bridge') || !(await isUnitActive(host, 'dhcpcd.service'))) return []
  return [
    {
      kind: 'warn',
      found: 'dhcpcd asks for an address on the links of pods, and adds routes over them',
      wanted: WANTED,
      fix: command`printf '%s\n' ${`denyinterfaces ${PATTERNS.join(' ')}`} >> /etc/dhcpcd.conf && dhcpcd --rebind`,
    },
  ]
}

const CONNMAN = '/etc/connman/main.conf'
const CONNMAN_LEAVES = 'vmnet,vboxnet,virbr,ifb,ve-,vb-'

async function connman(host: HostView): Promise<Finding[]> {
  if (!(await isUnitActive(host, 'connman.service'))) return []
  const list = settingOf(parseIni((await host.read(CONNMAN)) ?? ''), 'General', 'NetworkInterfaceBlacklist')
  const prefixes = (list ?? CONNMAN_LEAVES).split(',').map((prefix) => prefix.trim())
  if (POD_LINKS.every(({ name }) => prefixes.some((prefix) => prefix !== '' && name.startsWith(prefix)))) return []
  return [
    {
      kind: 'warn',
      found: 'ConnMan manages the links of pods',
      wanted: WANTED,
      fix: command`printf '%s\n' '[General]' ${`NetworkInterfaceBlacklist=${list ?? CONNMAN_LEAVES},cni,flannel,veth`} >> ${CONNMAN} && systemctl restart connman`,
    },
  ]
}
