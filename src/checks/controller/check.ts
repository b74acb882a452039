import { command } from '../../base/command.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { askNameServers } from '../../host/network/ask-name-servers.ts'
import {
  type HttpProxy,
  NetworkError,
  type RequestOptions,
  type Response,
  STAGE_NAMES,
  type Stage,
} from '../../host/network.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'

const TIMEOUT_MS = 8_000

type Failure = { url: string; stage: Stage; message: string; isRefusal?: true }

export const check: Check = {
  id: 'controller',
  title: 'Controller reachable',
  hard: true,
  strict: true,
  why: 'The node needs a connection to the controller: its name must resolve, and TCP, TLS with the CA of the cluster, HTTP and the websocket upgrade must succeed, through the proxy if one is set.',
  remedy:
    'The check names the stage that failed (name, TCP, proxy, TLS, HTTP, websocket): correct the name, the port, the proxy or the clock of that stage.',
  thresholds: [{ of: 'answer of the controller', fail: `no answer within ${TIMEOUT_MS / 1_000} s` }],
  timeoutMs: 20_000,
  async look(host: HostView, { controller }: CheckParams): Promise<Verdict> {
    if (controller === undefined)
      return { kind: 'skipped', found: 'no credentials: pass --creds-file and --passphrase-file' }
    const { urls, ca, cert, key, proxy } = controller
    const options = { tls: { ca, cert, key }, timeoutMs: TIMEOUT_MS, ...(proxy === undefined ? {} : { proxy }) }
    const looked = await Promise.all(urls.map((url) => failureOf(host, url, options)))
    const failures = looked.filter((failure) => failure !== undefined)
    const reached = urls.filter((_, i) => looked[i] === undefined)
    const found = failures.map(({ url, stage, message }) => `${url}: ${STAGE_NAMES[stage]} failed: ${message}`)
    if (reached.length > 0) return { kind: 'pass', found: [`${reached.join(', ')} answers`, ...found].join('; ') }
    const stage = failures[0]?.stage ?? 'tcp'
    const isRefused = failures.some(({ isRefusal }) => isRefusal)
    return {
      kind: 'fail',
      found: found.join('; '),
      wanted: WANTED[stage],
      fix: fixFor(failures[0], proxy),
      ...(isRefused && { isRefusal: true }),
    }
  },
}

async function failureOf(host: HostView, url: string, options: RequestOptions): Promise<Failure | undefined> {
  const ping = new URL(agentRoutes.ping.path, url).href
  const [answered, upgraded] = await Promise.allSettled([
    host.network.request(ping, options),
    host.network.request(ping, { ...options, upgrade: true }),
  ])
  return (await failureIn(host, url, 'http', 200, answered)) ?? (await failureIn(host, url, 'upgrade', 101, upgraded))
}

async function failureIn(
  host: HostView,
  url: string,
  stage: Stage,
  wanted: number,
  outcome: PromiseSettledResult<Response>,
): Promise<Failure | undefined> {
  if (outcome.status === 'rejected') return await failureOfError(host, url, outcome.reason)
  const { status, body } = outcome.value
  if (status === wanted) return undefined
  const because = reason(body)
  const failure = { url, stage, message: `status ${status} instead of ${wanted}${because}` }
  // A proxy on the way can also answer 403, but without the controller's error body.
  return status === 403 && because !== '' ? { ...failure, isRefusal: true } : failure
}

async function failureOfError(host: HostView, url: string, error: unknown): Promise<Failure> {
  if (!(error instanceof NetworkError)) throw error
  const { stage, message } = error
  if (stage !== 'resolve') return { url, stage, message }
  return {
    url,
    stage,
    message: `${message}; answers of each name server: ${await askNameServers(host, new URL(url).hostname)}`,
  }
}

/** The message of the controller's error body. The text of any other server is not shown. */
function reason(body: string): string {
  const message = /"message"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1]
  return message === undefined ? '' : ` (${message})`
}

const WANTED: Readonly<Record<Stage, string>> = {
  resolve: "an address for the controller's name",
  tcp: "a connection to the controller's port",
  proxy: 'a proxy that lets the connection through',
  tls: "a certificate of the controller's own CA, the one in the credentials",
  http: 'status 200 from the controller',
  upgrade: 'status 101: proxies must pass the Upgrade header',
}

function fixFor(failure: Failure | undefined, proxy: HttpProxy | undefined): string {
  const { hostname, port } = new URL(failure?.url ?? 'https://controller')
  switch (failure?.stage) {
    case 'resolve':
      return `see: ${command`getent hosts ${hostname}`}; then add it to the DNS or to /etc/hosts`
    case 'proxy':
      return proxy?.inspects
        ? 'allow websockets to /v1/tunnel of the controller on the proxy, and check its credentials'
        : 'check the address and the credentials of the proxy, and that it allows CONNECT to this host and port'
    case 'tls':
      return `compare the clocks of this machine and of the controller: timedatectl on both; if they agree, look at the certificate that answers: ${command`openssl s_client -connect ${`${hostname}:${port || 443}`} </dev/null`}; exempt the controller from TLS inspection${proxy?.inspects ? '' : ', or pass --tls-terminating-proxy'}, or use the credentials of this controller`
    case 'http':
      return 'ask the administrator whether these credentials are still valid, and see the log of the controller'
    case 'upgrade':
      return 'allow websockets on the proxy or load balancer between node and controller'
    default:
      return proxy?.url === undefined
        ? `see: nc -vz ${hostname} ${port || 443}; open the port in the firewalls between node and controller, or start the controller`
        : 'check that the proxy runs and reaches the controller'
  }
}
