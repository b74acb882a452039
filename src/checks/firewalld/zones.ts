import { containsSubnet, parseSubnet } from '../../base/net/subnet.ts'

export interface Zone {
  name: string
  target: string
  interfaces: string[]
  sources: string[]
  services: string[]
  ports: string[]
  richRules: RichRule[]
}

/** A rule that accepts all ports or one port, from everywhere or from a subnet. */
export interface RichRule {
  source?: string
  port?: string
}

/** `firewall-cmd --list-all-zones`: blocks that begin with `NAME`, `NAME (active)` or `NAME (default, active)`. */
export function parseZones(text: string): Zone[] {
  return text.split(/\n(?=\S)/).flatMap((block) => {
    const [heading = '', ...lines] = block.split('\n')
    const name = /^\S+/.exec(heading)?.[0]
    if (name === undefined) return []
    const fields = new Map(lines.flatMap((line) => fieldOf(line)))
    const words = (key: string) => (fields.get(key) ?? '').split(/\s+/).filter(Boolean)
    const lists = { interfaces: words('interfaces'), sources: words('sources') }
    const open = { services: words('services'), ports: words('ports'), richRules: lines.flatMap(richRuleOf) }
    return [{ name, target: fields.get('target') ?? '', ...lists, ...open }]
  })
}

/** `  ports: 6443/tcp 8472/udp` */
function fieldOf(line: string): [string, string][] {
  const [, key, value] = /^[ \t]+([a-z][a-z-]*):[ \t]*(.*)$/.exec(line) ?? []
  return key === undefined || value === undefined ? [] : [[key, value.trim()]]
}

/** See firewalld.richlanguage(5). Rules with other conditions than a source address and a port are ignored. */
function richRuleOf(line: string): RichRule[] {
  if (!/^[ \t]+rule\b.* accept\b/.test(line) || OTHER_CONDITIONS.test(line)) return []
  const source = / source address="([^"]+)"/.exec(line)?.[1]
  const [, port, protocol] = / port port="([^"]+)" protocol="([^"]+)"/.exec(line) ?? []
  return [{ ...(source && { source }), ...(port && { port: `${port}/${protocol}` }) }]
}

const OTHER_CONDITIONS = /\b(NOT|invert|destination|service|mac|ipset|protocol value|forward-port)\b/

/** Ports of the service definitions that firewalld ships for Kubernetes. */
const SERVICES: Record<string, readonly string[]> = {
  dns: ['53/tcp', '53/udp'],
  'etcd-client': ['2379/tcp'],
  'etcd-server': ['2380/tcp'],
  'kube-apiserver': ['6443/tcp'],
  'kube-api': ['6443/tcp'],
  kubelet: ['10250/tcp'],
  'kube-worker': ['10250/tcp', '30000-32767/tcp'],
  'kubelet-worker': ['10250/tcp', '30000-32767/tcp'],
  'kube-control-plane': ['6443/tcp', '2379-2380/tcp', '10250/tcp', '10257/tcp', '10259/tcp'],
}

/** Ports of a service definition, `<port protocol="tcp" port="6443"/>`; see firewalld.service(5). */
export function parseServicePorts(xml: string): string[] {
  const tags = xml.match(/<port\b[^<>]*>/g) ?? []
  return tags.flatMap((tag) => {
    const attribute = (name: string) => new RegExp(`\\b${name}=["']([^"']+)["']`).exec(tag)?.[1]
    const [port, protocol] = [attribute('port'), attribute('protocol')]
    return port === undefined || protocol === undefined ? [] : [`${port}/${protocol}`]
  })
}

export function isKnownService(name: string): boolean {
  return name in SERVICES
}

/** Whether the zone accepts connections from machines with these addresses to a port such as `6443/tcp`. */
export function isOpen(zone: Zone, wanted: string, from: readonly string[]): boolean {
  if (zone.target === 'ACCEPT') return true
  const ports = [...zone.ports, ...zone.services.flatMap((service) => SERVICES[service] ?? [])]
  const ruled = zone.richRules.filter(({ source }) => source === undefined || covers(source, from))
  return (
    ports.some((open) => includes(open, wanted)) ||
    ruled.some(({ port }) => port === undefined || includes(port, wanted))
  )
}

function includes(open: string, wanted: string): boolean {
  const [port, protocol] = wanted.split('/')
  const [range = '', openProtocol] = open.split('/')
  const [first, last = first] = range.split('-').map(Number)
  return openProtocol === protocol && Number(port) >= Number(first) && Number(port) <= Number(last)
}

/** Whether one of the addresses is in the subnet. */
export function covers(subnet: string, addresses: readonly string[]): boolean {
  const outer = parseSubnet(subnet)
  const inner = addresses.flatMap((address) => parseSubnet(address) ?? [])
  return outer !== undefined && inner.some((address) => containsSubnet(outer, address))
}
