import { AgentError } from '../../base/agent-error.ts'
import { type SudoEnvironment, trustOf } from '../../host/files/trust.ts'
import type { HostView } from '../../host/host.ts'
import type { HttpProxy } from '../../host/network.ts'
import { isProxyUrl } from '../config.ts'
import { readCredentialFile } from '../identity/credential-file.ts'

export interface ProxyOptions {
  /** http://[user@]host:port */
  proxy?: string
  proxyPasswordFile?: string
  /** It ends TLS itself. Without `proxy`, it is a transparent one. */
  tlsTerminatingProxy?: boolean
}

/** What the options say of the proxy. Throws AgentError `usage/proxy`. */
export async function proxyOf(
  options: ProxyOptions,
  view: HostView,
  environment: SudoEnvironment = process.env,
): Promise<HttpProxy | undefined> {
  const url = await proxyUrl(options, view, environment)
  if (options.tlsTerminatingProxy) return { ...(url !== undefined && { url }), inspects: true }
  return url === undefined ? undefined : { url }
}

/**
 * The URL of the proxy, with the password from the file. Throws AgentError `usage/proxy` for a URL with a password: every user
 * of the machine can read the arguments of a process.
 */
async function proxyUrl(
  { proxy, proxyPasswordFile: file }: ProxyOptions,
  view: HostView,
  environment: SudoEnvironment,
): Promise<string | undefined> {
  if (proxy === undefined) {
    if (file !== undefined) throw usage('found --proxy-password-file without --proxy', WITH_PASSWORD)
    return undefined
  }
  if (!isProxyUrl(proxy))
    throw usage('the proxy is not a URL of the form http://[user@]host:port', 'pass --proxy http://host:port')
  const url = new URL(proxy)
  if (url.password !== '') {
    const why = 'every user of this machine can read it in the list of processes'
    throw usage(`found a password in the URL of the proxy, where ${why}`, WITH_PASSWORD)
  }
  if (file === undefined) return proxy
  if (url.username === '') throw usage('the URL of the proxy has no user for the password', WITH_PASSWORD)
  const text = await readCredentialFile(
    file,
    'proxy password file',
    view,
    await trustOf(view, environment),
    'write the password into it, with mode 0600',
  )
  url.password = encodeURIComponent(text.split('\n')[0]?.trim() ?? '')
  return url.href
}

const WITH_PASSWORD =
  'write the password into a file with mode 0600, and pass --proxy http://user@host:port --proxy-password-file FILE'

function usage(message: string, fix: string): AgentError {
  return new AgentError('usage/proxy', message, { fix, kind: 'invalid' })
}
