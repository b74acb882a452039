import type { Check, CheckParams, Verdict } from '../../engine/check.ts'
import type { HostView } from '../../host/host.ts'
import { NetworkError, type RequestOptions, type Stage } from '../../host/network.ts'
import { PATHS } from '../../protocol/rest.ts'

const TIMEOUT_MS = 8_000

type Failure = { url: string; stage: Stage; message: string }

export const check: Check = {
  id: 'controller',
  title: 'Controller reachable',
  hard: true,
  strict: true,
  why: 'Nothing works without the controller: its name must resolve, and TCP, TLS with our CA, HTTP and the websocket upgrade must get through, by the proxy where one is set.',
  timeoutMs: 20_000,
  async look(host: HostView, { controller }: CheckParams): Promise<Verdict> {
    if (controller === undefined) return { kind: 'skipped', found: 'no credentials given: give --creds-file' }
    const { urls, ca, cert, key, proxy } = controller
    const options = { tls: { ca, cert, key }, timeoutMs: TIMEOUT_MS, ...(proxy === undefined ? {} : { proxy }) }
    const looked = await Promise.all(urls.map((url) => failureOf(host, url, options)))
    const failures = looked.filter((failure) => failure !== undefined)
    const reached = urls.filter((_, i) => looked[i] === undefined)
    const found = failures.map(({ url, stage, message }) => `${url}: ${STAGES[stage].name} failed: ${message}`)
    if (reached.length > 0) return { kind: 'pass', found: [`${reached.join(', ')} answers`, ...found].join('; ') }
    const stage = failures[0]?.stage ?? 'tcp'
    return { kind: 'fail', found: found.join('; '), wanted: STAGES[stage].wanted, fix: fixFor(failures[0], proxy) }
  },
}

async function failureOf(host: HostView, url: string, options: RequestOptions): Promise<Failure | undefined> {
  const ping = new URL(PATHS.ping, url).href
  try {
    const answer = await host.network.request(ping, options)
    if (answer.status !== 200) return { url, stage: 'http', message: `status ${answer.status}${reason(answer.body)}` }
    const upgraded = await host.network.request(ping, { ...options, upgrade: true })
    if (upgraded.status === 101) return undefined
    return { url, stage: 'upgrade', message: `status ${upgraded.status} instead of 101` }
  } catch (cause) {
    if (cause instanceof NetworkError) return { url, stage: cause.stage, message: cause.message }
    throw cause
  }
}

/** The message of an error body of ours; text of a stranger is not shown. */
function reason(body: string): string {
  const message = /"message"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1]
  return message === undefined ? '' : ` (${message})`
}

const STAGES: Record<Stage, { name: string; wanted: string }> = {
  resolve: { name: 'name resolution', wanted: "an address for the controller's name" },
  tcp: { name: 'TCP connection', wanted: "a connection to the controller's port" },
  proxy: { name: 'proxy', wanted: 'a proxy that lets CONNECT through' },
  tls: { name: 'TLS', wanted: "a certificate of the controller's own CA, the one in the credentials" },
  http: { name: 'HTTP', wanted: 'status 200 from the controller' },
  upgrade: { name: 'websocket upgrade', wanted: 'status 101: nothing in between may strip the Upgrade header' },
}

function fixFor(failure: Failure | undefined, proxy: string | undefined): string {
  const { hostname, port } = new URL(failure?.url ?? 'https://controller')
  switch (failure?.stage) {
    case 'resolve':
      return `see: getent hosts ${hostname}; then add it to the DNS or to /etc/hosts`
    case 'proxy':
      return 'check the address and the credentials of the proxy, and that it allows CONNECT to this host and port'
    case 'tls':
      return `see whom you meet: openssl s_client -connect ${hostname}:${port || 443} </dev/null; exempt the controller from TLS inspection, or use the credentials of this controller`
    case 'http':
      return 'ask the administrator whether these credentials are still valid, and see the log of the controller'
    case 'upgrade':
      return 'let the proxy or load balancer in between pass websockets'
    default:
      return proxy === undefined
        ? `see: nc -vz ${hostname} ${port || 443}; open the port in the firewalls between, or start the controller`
        : 'check that the proxy is up and reaches the controller'
  }
}
