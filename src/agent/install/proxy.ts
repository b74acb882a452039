import { AgentError } from '../../base/agent-error.ts'
import { type SudoEnvironment, trustOf } from '../../host/files/trust.ts'
import type { HostView } from '../../host/host.ts'
import type { HttpProxy } from '../../host/network.ts'
import { isBareProxyUrl } from '../../protocol/proxy-url.ts'
import { readCredentialFile } from '../identity/credential-file.ts'

export interface ProxyOptions {
  /** http://[user@]host:port, or none */
  proxy?: string
  proxyPasswordFile?: string
  /** It ends TLS itself. Without `proxy`, it is a transparent one. */
  tlsTerminatingProxy?: boolean
}

interface Surroundings {
  view: HostView
  /** The proxy of the credentials file. The options add to it, and `proxy` replaces it. */
  carried?: HttpProxy | undefined
  environment?: SudoEnvironment
}

/** The proxy that the options ask for. Throws AgentError `usage/proxy`. */
export async function proxyOf(options: ProxyOptions, surroundings: Surroundings): Promise<HttpProxy | undefined> {
  const { proxy, proxyPasswordFile, tlsTerminatingProxy } = options
  if (proxy === 'none') {
    if (proxyPasswordFile === undefined && !tlsTerminatingProxy) return undefined
    throw usage('found --proxy none with another option for a proxy', 'pass --proxy none alone')
  }
  const given = proxy === undefined ? (surroundings.carried ?? {}) : { url: bareUrl(proxy) }
  const url = proxyPasswordFile === undefined ? given.url : await signedIn(given.url, proxyPasswordFile, surroundings)
  if (tlsTerminatingProxy || given.inspects) return { ...(url !== undefined && { url }), inspects: true }
  return url === undefined ? undefined : { url }
}

/** Throws AgentError `usage/proxy` also for a URL with a password: every user of the machine can read the arguments of a process. */
function bareUrl(proxy: string): string {
  if (!isBareProxyUrl(proxy))
    throw usage('the proxy is not a URL of the form http://[user@]host:port', 'pass --proxy http://host:port')
  if (new URL(proxy).password === '') return proxy
  const why = 'every user of this machine can read it in the list of processes'
  throw usage(`found a password in the URL of the proxy, where ${why}`, WITH_PASSWORD)
}

/** The URL with the password from the file. */
async function signedIn(
  proxy: string | undefined,
  file: string,
  { view, environment = process.env }: Surroundings,
): Promise<string> {
  if (proxy === undefined) throw usage('found --proxy-password-file without --proxy', WITH_PASSWORD)
  const url = new URL(proxy)
  if (url.username === '') throw usage('the URL of the proxy has no user for the password', WITH_PASSWORD)
  const text = await readCredentialFile(
    file,
    'proxy password file',
    view,
    await trustOf(view, environment),
    'write the password into it, with mode 0600',
  )
  url.password = encodeURIComponent(text.split('\n')[0]?.trim() ?? '')
  if (isBareProxyUrl(url.href)) return url.href
  throw usage(`the password in ${file} is too long for a URL`, 'write a shorter password into the file')
}

const WITH_PASSWORD =
  'write the password into a file with mode 0600, and pass --proxy http://user@host:port --proxy-password-file FILE'

function usage(message: string, fix: string): AgentError {
  return new AgentError('usage/proxy', message, { fix, kind: 'invalid' })
}
