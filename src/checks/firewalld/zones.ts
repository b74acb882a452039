export interface Zone {
  name: string
  target: string
  interfaces: string[]
  sources: string[]
  services: string[]
  ports: string[]
}

/** `firewall-cmd --list-all-zones`: blocks that begin with `NAME`, `NAME (active)` or `NAME (default, active)`. */
export function parseZones(text: string): Zone[] {
  return text.split(/\n(?=\S)/).flatMap((block) => {
    const name = /^(\S+)/.exec(block)?.[1]
    if (name === undefined) return []
    const field = (key: string) => new RegExp(`^[ \\t]+${key}:[ \\t]*(.*)$`, 'm').exec(block)?.[1]?.trim() ?? ''
    const words = (key: string) => field(key).split(/\s+/).filter(Boolean)
    const lists = { interfaces: words('interfaces'), sources: words('sources') }
    return [{ name, target: field('target'), ...lists, services: words('services'), ports: words('ports') }]
  })
}

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

/** Does the zone let in what comes to `6443/tcp`? */
export function isOpen(zone: Zone, wanted: string): boolean {
  if (zone.target === 'ACCEPT') return true
  const [port, protocol] = wanted.split('/')
  return [...zone.ports, ...zone.services.flatMap((service) => SERVICES[service] ?? [])].some((open) => {
    const [range = '', openProtocol] = open.split('/')
    const [first, last = first] = range.split('-').map(Number)
    return openProtocol === protocol && Number(port) >= Number(first) && Number(port) <= Number(last)
  })
}
