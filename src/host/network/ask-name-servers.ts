import type { HostView } from '../host.ts'
import { NetworkError } from '../network.ts'
import { dnsQuery, type RecordType, readDnsReply } from '../parse/network/dns.ts'
import { parseResolvConf } from '../parse/network/resolv-conf.ts'

const DNS_PORT = 53
const TIMEOUT_MS = 2_000
/** MAXNS in resolv.conf(5): the C library uses at most three. */
const MOST_ASKED = 3

export interface NameServerAnswer {
  server: string
  /** `10.0.2.7 (3 ms)`, `no such name (3 ms)`, `no answer within 2000 ms` */
  result: string
  /** Also true if the answer is that there is no such name. */
  answered: boolean
}

/**
 * The answer of each name server in resolv.conf for a name, and how long it took, which the system's resolver does not
 * report.
 */
export async function askEachNameServer(view: HostView, name: string): Promise<NameServerAnswer[]> {
  const { nameservers, search } = parseResolvConf((await view.read('/etc/resolv.conf')) ?? '')
  const [domain] = search.filter((each) => each !== '.')
  const asked = name.includes('.') || domain === undefined ? name : `${name}.${domain}`
  return Promise.all(nameservers.slice(0, MOST_ASKED).map((server) => askServer(view, server, asked)))
}

/** The same in one line: `192.0.2.53: no such name (3 ms); 192.0.2.54: no answer within 2000 ms` */
export async function askNameServers(view: HostView, name: string): Promise<string> {
  const answers = await askEachNameServer(view, name)
  if (answers.length === 0) return 'no name server in /etc/resolv.conf'
  return answers.map(({ server, result }) => `${server}: ${result}`).join('; ')
}

async function askServer(view: HostView, server: string, name: string): Promise<NameServerAnswer> {
  const [four, six] = await Promise.all([ask(view, server, name, 'A'), ask(view, server, name, 'AAAA')])
  const addresses = [...four.addresses, ...six.addresses]
  const result =
    addresses.length > 0 ? addresses.join(', ') : (four.because ?? six.because ?? 'no address for this name')
  const tookMs = four.tookMs ?? six.tookMs
  const took = tookMs === undefined ? '' : ` (${Math.round(tookMs)} ms)`
  return { server, result: `${result}${took}`, answered: tookMs !== undefined }
}

interface Reply {
  addresses: string[]
  because?: string
  tookMs?: number
}

async function ask(view: HostView, server: string, name: string, type: RecordType): Promise<Reply> {
  const query = dnsQuery(name, type, view.now().getTime() + type.length)
  if (query === undefined) return { addresses: [], because: 'not a valid DNS name' }
  try {
    const exchanged = await view.network.exchange({ host: server, port: DNS_PORT }, query, TIMEOUT_MS)
    const tookMs = exchanged.receivedAtMs - exchanged.sentAtMs
    const reply = readDnsReply(exchanged.reply, query)
    return reply.kind === 'addresses'
      ? { addresses: reply.addresses, tookMs }
      : { addresses: [], because: reply.because, tookMs }
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    return {
      addresses: [],
      because: cause.message.replace(/^.*\(UDP\):? /, '').replace(/^did not answer/, 'no answer'),
    }
  }
}
