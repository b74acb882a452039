import { type FakeHost, fakeHost } from './fake-host.ts'
import { procFiles } from './fixtures/proc-net.ts'

const SHIPPED = {
  public: '<zone>\n  <short>Public</short>\n  <service name="ssh"/>\n</zone>\n',
  trusted: '<zone target="ACCEPT">\n  <short>Trusted</short>\n</zone>\n',
}
type ZoneName = keyof typeof SHIPPED
export const ZONE_FILES = '/etc/firewalld/zones'

export interface FakeFirewalld {
  host: FakeHost
  /** Ports of `public` and interfaces of `trusted` that are open until the next reload. */
  now: Record<ZoneName, Set<string>>
}

/** A machine with a firewalld that runs commands, and writes a file for each zone with permanent changes. */
export function fakeFirewalld(files: Record<string, string> = {}, active = true): FakeFirewalld {
  const now = { public: new Set(['22/tcp']), trusted: new Set<string>() }
  const shipped = Object.entries(SHIPPED).map(([zone, text]) => [`/usr/lib/firewalld/zones/${zone}.xml`, text])
  const proc = procFiles([])
  const host = fakeHost({
    files: { ...proc.files, ...Object.fromEntries(shipped), '/usr/bin/firewall-cmd': '', ...files },
    directories: ['/run/systemd/system', ZONE_FILES],
    units: { 'firewalld.service': { enabled: true, active } },
    links: proc.links,
  })
  const ownText = (zone: ZoneName) => host.files.bytes(`${ZONE_FILES}/${zone}.xml`)?.toString()
  const textOf = (zone: ZoneName) => ownText(zone) ?? SHIPPED[zone]

  host.on(['firewall-cmd'], (argv) => {
    const isPermanent = argv.includes('--permanent')
    const [, option, name] = /--(zone|load-zone-defaults)=(\w+)/.exec(argv.join(' ')) ?? []
    const zone = name as ZoneName
    if (option === 'load-zone-defaults') keep(host, zone, ownText(zone), undefined)
    if (option === 'zone' && isPermanent) keep(host, zone, ownText(zone), argv.reduce(changed, textOf(zone)))
    if (option === 'zone' && !isPermanent) for (const word of argv) change(now[zone], word)
    return {
      stdout: isPermanent
        ? shown(held('port', textOf('public')), held('interface', textOf('trusted')))
        : shown(now.public, now.trusted),
    }
  })
  host.on(['firewall-cmd', '--get-zone-of-interface=eth0'], { stdout: 'public\n' })
  return { host, now }
}

/** Like firewalld, it keeps the previous file with the suffix .old. */
function keep({ files }: FakeHost, zone: ZoneName, before: string | undefined, text: string | undefined): void {
  const path = `${ZONE_FILES}/${zone}.xml`
  if (before !== undefined) files.seed(`${path}.old`, before)
  if (text === undefined) files.delete(path)
  else files.seed(path, text)
}

function parsed(word: string) {
  const [, verb, what, value = ''] = /^--(add|remove)-(port|interface)=(.*)$/.exec(word) ?? []
  return { verb, what, value }
}

function change(set: Set<string>, word: string): void {
  const { verb, value } = parsed(word)
  if (verb === 'add') set.add(value)
  if (verb === 'remove') set.delete(value)
}

function changed(text: string, word: string): string {
  const { verb, what, value } = parsed(word)
  const [port, protocol] = value.split('/')
  const element = what === 'port' ? `<port port="${port}" protocol="${protocol}"/>` : `<interface name="${value}"/>`
  if (verb === undefined) return text
  return verb === 'add' ? text.replace('</zone>', `${element}</zone>`) : text.replace(element, '')
}

function held(what: 'port' | 'interface', text: string): string[] {
  if (what === 'interface') return [...text.matchAll(/<interface name="(\S+)"\/>/g)].map(([, name]) => name ?? '')
  return [...text.matchAll(/<port port="(\d+)" protocol="(\w+)"\/>/g)].map(([, port, of]) => `${port}/${of}`)
}

/** `firewall-cmd --list-all-zones` */
function shown(ports: Iterable<string>, trusted: Iterable<string>): string {
  const zone = (name: string, target: string, interfaces: Iterable<string>, open: Iterable<string>) =>
    `${name}\n  target: ${target}\n  interfaces: ${[...interfaces].join(' ')}\n  sources: \n  services: ssh\n  ports: ${[...open].join(' ')}\n`
  return `${zone('public', 'default', ['eth0'], ports)}\n${zone('trusted', 'ACCEPT', trusted, [])}`
}
