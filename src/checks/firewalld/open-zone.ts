import type { Host } from '../../host/host.ts'

export interface Opening {
  zone: string
  ports: string[]
  interfaces: string[]
}

/** Changes the runtime configuration, until the next reload. */
export async function openNow(host: Host, opening: Opening): Promise<void> {
  await host.run(firewallCmd([], opening), { kind: 'firewalld', ...opening, permanent: false })
}

/**
 * Changes the permanent configuration, from the next reload on. If the zone has a file in /etc, the file is edited: firewall-cmd
 * would rewrite it and leave a backup beside it. For a zone as shipped, firewalld creates the file itself (it does not notice
 * one that another program creates) and removes it on undo.
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

/** firewalld.zone(5): the order of the elements of a zone does not matter. */
function withOpening(text: string, { ports, interfaces }: Opening): string {
  const lines = [
    ...interfaces.map((name) => `  <interface name="${name}"/>\n`),
    ...ports.map((port) => `  <port port="${port.split('/')[0]}" protocol="${port.split('/')[1]}"/>\n`),
  ]
  const end = text.lastIndexOf('</zone>')
  return `${text.slice(0, end)}${lines.join('')}${text.slice(end)}`
}
