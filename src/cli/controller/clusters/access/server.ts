import { AgentError } from '../../../../base/agent-error.ts'
import { bareHost, hostPort } from '../../../../base/net/address.ts'
import { API_PORT } from '../../../../base/net/api-port.ts'
import type { IssuedKubeconfig } from '../../../../protocol/api/identities/kubeconfigs.ts'

export interface Server {
  url: string
  /** The name in the API's certificate, if it is not the host of the URL. */
  tlsServerName?: string
  /** What the person should know. */
  note?: string
}

/** Throws `server/invalid` unless it is an HTTPS URL, or HOST:PORT. */
export function parseServer(given: string): URL {
  const text = given.includes('://') ? given : `https://${given}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '') return url
  throw new AgentError('server/invalid', `found --server ${given}; wanted an HTTPS URL or HOST:PORT`, {
    fix: 'pass for example --server https://api.example.org:6443',
    kind: 'invalid',
  })
}

/**
 * Where kubectl reaches the API: as given; otherwise at the cluster's endpoint; or at a master, if the endpoint is a name that this
 * machine cannot resolve, such as one that only the node DNS knows.
 */
export async function serverOf(
  { endpoint, masters }: Pick<IssuedKubeconfig, 'endpoint' | 'masters'>,
  given: URL | undefined,
  resolves: (name: string) => Promise<boolean>,
): Promise<Server> {
  const own = new URL(`https://${endpoint}`)
  if (given) {
    const url = given.href.replace(/\/$/, '')
    const isNamed = bare(own) === bare(given) || masters.some(({ address }) => address === bare(given))
    // The certificate has the name of the endpoint: kubectl compares that one.
    return isNamed ? { url } : { url, tlsServerName: bare(own) }
  }
  const [master] = masters
  if (!master || (await resolves(bare(own)))) return { url: own.origin }
  const note = `this machine cannot resolve ${bare(own)}, so the kubeconfig has the address of master ${master.name}; for another one: --server`
  return { url: `https://${hostPort(master.address, API_PORT)}`, note }
}

/** Without the brackets of an IPv6 address. */
const bare = ({ hostname }: URL) => bareHost(hostname)
