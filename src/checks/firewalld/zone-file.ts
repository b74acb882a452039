import { AgentError } from '../../errors/agent-error.ts'
import type { Host, HostView } from '../../host/host.ts'

/** A zone as firewalld keeps it: the file of a person, or of firewalld itself, covers the one that came with it. */
const OWN = '/etc/firewalld/zones'
const SHIPPED = '/usr/lib/firewalld/zones'

export interface Opening {
  zone: string
  ports: string[]
  interfaces: string[]
}

/**
 * Opens a zone for good. In its file, not by `firewall-cmd --permanent`, which would write the whole file anew and leave a
 * second one: so that it can be had back as it was. firewalld watches the directory.
 */
export async function openForGood(host: Host, opening: Opening): Promise<void> {
  const path = `${OWN}/${opening.zone}.xml`
  const mode = (await host.stat(path))?.mode ?? 0o644
  await host.write(path, withOpening(await zoneText(host, opening.zone), opening), mode)
}

async function zoneText(host: HostView, zone: string): Promise<string> {
  for (const directory of [OWN, SHIPPED]) {
    const text = await host.read(`${directory}/${zone}.xml`)
    if (text?.includes('</zone>')) return text
  }
  throw new AgentError('firewalld/zone-file', `zone ${zone} of firewalld has no file in ${OWN} or ${SHIPPED}`, {
    fix: 'open it by hand, see: agent precheck',
  })
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
