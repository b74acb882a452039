import type { HostView } from './host.ts'
import { NetworkError } from './network.ts'
import { dnsQuery, type RecordType, readDnsReply } from './parse/dns.ts'
import { parseResolvConf } from './parse/resolv-conf.ts'

const DNS_PORT = 53
const TIMEOUT_MS = 2_000
/** The C library asks no more than three, see MAXNS in resolv.conf(5). */
const MOST_ASKED = 3

/**
 * Which name server says what about a name, and how long each took: for when the system's resolver, which keeps that to
 * itself, has failed or was slow. `192.0.2.53: no such name (3 ms); 192.0.2.54: no answer in 2000 ms`
 */
export async function askNameServers(view: HostView, name: string): Promise<string> {
  const { nameservers, search } = parseResolvConf((await view.read('/etc/resolv.conf')) ?? '')
  if (nameservers.length === 0) return 'no name server in /etc/resolv.conf'
  const [domain] = search.filter((each) => each !== '.')
  const asked = name.includes('.') || domain === undefined ? name : `${name}.${domain}`
  const said = await Promise.all(nameservers.slice(0, MOST_ASKED).map((server) => askServer(view, server, asked)))
  return said.join('; ')
}

async function askServer(view: HostView, server: string, name: string): Promise<string> {
  const [four, six] = await Promise.all([ask(view, server, name, 'A'), ask(view, server, name, 'AAAA')])
  const addresses = [...four.addresses, ...six.addresses]
  const worst = four.because ?? six.because
  const said = addresses.length > 0 ? addresses.join(', ') : (worst ?? 'no address under that name')
  return `${server}: ${said}${four.tookMs === undefined ? '' : ` (${Math.round(four.tookMs)} ms)`}`
}

interface Said {
  addresses: string[]
  because?: string
  tookMs?: number
}

async function ask(view: HostView, server: string, name: string, type: RecordType): Promise<Said> {
  const query = dnsQuery(name, type, view.now().getTime() + type.length)
  if (query === undefined) return { addresses: [], because: 'not a name that can be asked for' }
  try {
    const exchanged = await view.network.exchange({ host: server, port: DNS_PORT }, query, TIMEOUT_MS)
    const tookMs = exchanged.receivedAtMs - exchanged.sentAtMs
    const reply = readDnsReply(exchanged.reply, query)
    return reply.kind === 'addresses'
      ? { addresses: reply.addresses, tookMs }
      : { addresses: [], because: reply.because, tookMs }
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    return { addresses: [], because: cause.message.replace(/^.*\(UDP\):? (gave )?/, '') }
  }
}
