import { command, inOrder, remarked } from '../../base/command.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { localAddresses } from '../../host/network/addresses.ts'
import { NetworkError } from '../../host/network.ts'
import { parseEnvironment } from '../../host/parse/environment.ts'
import { podSubnet, serviceSubnet } from '../../protocol/settings/default-subnets.ts'
import { entriesOf, isExempt } from './no-proxy.ts'

const TIMEOUT_MS = 5_000

export const check: Check = {
  id: 'proxy',
  title: 'Proxy',
  hard: false,
  why: 'A proxy in the environment of services must answer, and NO_PROXY must contain the addresses of the cluster: kubeadm passes the setting to the control plane, whose traffic inside the cluster must not use the proxy.',
  remedy: 'Correct the proxy, and add the addresses of the cluster to NO_PROXY.',
  thresholds: [{ of: 'answer of the proxy', warn: `no answer within ${TIMEOUT_MS / 1_000} s` }],
  timeoutMs: 15_000,
  async look(host: HostView, { controller, subnets }: CheckParams): Promise<Verdict> {
    const environment = await serviceEnvironment(host)
    const given = PROXIES.flatMap((name) => ({ name, url: environment.get(name) ?? '' })).filter(
      ({ url }) => url !== '',
    )
    const all =
      controller?.proxy?.url === undefined ? given : [...given, { name: '--proxy', url: controller.proxy.url }]
    if (all.length === 0) return { kind: 'pass', found: 'none' }
    const noProxy = environment.get('NO_PROXY') ?? environment.get('no_proxy') ?? ''
    const [unreachable, missing] = await Promise.all([
      Promise.all(all.map((proxy) => whyUnreachable(host, proxy))).then((found) => found.filter(isText)),
      given.length === 0 ? [] : notExempt(host, noProxy, subnets),
    ])
    const found = [
      ...new Set([...unreachable, ...(missing.length > 0 ? [`NO_PROXY does not contain ${missing.join(', ')}`] : [])]),
    ]
    if (found.length === 0) return { kind: 'pass', found: [...new Set(all.map(({ url }) => shown(url)))].join(', ') }
    return {
      kind: 'warn',
      found: found.join('; '),
      wanted: 'a proxy that answers, and a NO_PROXY with the node, pods and services',
      fix: fixFor([...entriesOf(noProxy), ...missing], {
        isReached: unreachable.length === 0,
        isMissing: missing.length > 0,
      }),
    }
  },
}

const ADDRESS = 'check the address of the proxy, and that it runs'
const SYSTEM_CONF = '/etc/systemd/system.conf.d'

/** Changes the environment now and at the next boot: see systemd-system.conf(5). */
function fixFor(
  entries: readonly string[],
  { isReached, isMissing }: { isReached: boolean; isMissing: boolean },
): string {
  if (!isMissing) return ADDRESS
  const settings = ['NO_PROXY', 'no_proxy'].map((name) => `${name}=${entries.join(',')}`)
  const atBoot = `DefaultEnvironment=${settings.map((setting) => `"${setting.replaceAll('%', '%%')}"`).join(' ')}`
  const line = inOrder(
    command`systemctl set-environment ${settings}`,
    command`mkdir -p ${SYSTEM_CONF}`,
    command`printf '%s\n' '[Manager]' ${atBoot} > ${`${SYSTEM_CONF}/90-no-proxy.conf`}`,
  )
  return isReached ? line : remarked(line, ADDRESS)
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

/** The environment that systemd passes to every service; the environment of a login shell does not apply. */
async function serviceEnvironment(host: HostView): Promise<Map<string, string>> {
  if ((await host.stat('/run/systemd/system')) === undefined) return new Map()
  return parseEnvironment((await host.ask(['systemctl', 'show-environment'])).stdout)
}

/** Without the user name and the password. */
function shown(url: string): string {
  const parsed = URL.parse(withScheme(url))
  return parsed === null ? 'an invalid address' : parsed.host
}

function withScheme(url: string): string {
  return url.includes('://') ? url : `http://${url}`
}

/** Why no connection is possible; undefined if something listens there. The answer to the request does not matter. */
async function whyUnreachable(
  host: HostView,
  { name, url }: { name: string; url: string },
): Promise<string | undefined> {
  const parsed = URL.parse(withScheme(url))
  if (parsed === null || parsed.hostname === '') return `${name} is not a URL of the form http://host:port`
  const port = parsed.port || (parsed.protocol === 'https:' ? 443 : 80)
  try {
    await host.network.request(`http://${parsed.hostname}:${port}/`, { timeoutMs: TIMEOUT_MS })
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (error.stage === 'resolve' || error.stage === 'tcp') return `proxy ${parsed.host}: ${error.message}`
  }
  return undefined
}

async function notExempt(host: HostView, noProxy: string, subnets: CheckParams['subnets']): Promise<string[]> {
  const { node } = await localAddresses(host)
  const { pod, service } = subnets ?? { pod: podSubnet, service: serviceSubnet }
  return [...node, pod, service, '.svc'].filter((target) => !isExempt(target, noProxy))
}
