import type { Host } from '../../host/host.ts'

export interface Opening {
  zone: string
  ports: string[]
  interfaces: string[]
}

/** Until the next reload. */
export async function openNow(host: Host, opening: Opening): Promise<void> {
  await host.run(firewallCmd([], opening), { kind: 'firewalld', ...opening, permanent: false })
}

/**
 * From the next reload on. A zone with a file of its own is changed there, for firewall-cmd would write that anew and put
 * the one before beside it; firewalld watches it. Of one that is as it was shipped firewalld makes the file (it does not
 * take notice of another's), and takes it away again.
 */
export async function openForGood(host: Host, opening: Opening): Promise<void> {
  const path = `/etc/firewalld/zones/${opening.zone}.xml`
  const own = await host.read(path)
  if (own?.includes('</zone>')) return host.write(path, withOpening(own, opening), (await host.stat(path))?.mode)
  await host.expect({ kind: 'remove-path', path: `${path}.old` })
  await host.run(firewallCmd(['--permanent'], opening), { kind: 'firewalld', ...opening, permanent: true })
}

function firewallCmd(flags: readonly string[], { zone, ports, interfaces }: Opening): readonly [string, ...string[]] {
  const what = [...ports.map((port) => `--add-port=${port}`), ...interfaces.map((name) => `--add-interface=${name}`)]
  return ['firewall-cmd', ...flags, `--zone=${zone}`, ...what]
}

/** firewalld.zone(5): the order of what a zone has does not matter. */
function withOpening(text: string, { ports, interfaces }: Opening): string {
  const lines = [
    ...interfaces.map((name) => `  <interface name="${name}"/>\n`),
    ...ports.map((port) => `  <port port="${port.split('/')[0]}" protocol="${port.split('/')[1]}"/>\n`),
  ]
  const end = text.lastIndexOf('</zone>')
  return `${text.slice(0, end)}${lines.join('')}${text.slice(end)}`
}
