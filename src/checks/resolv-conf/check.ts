import type { Check, Verdict } from '../../engine/check.ts'
import type { HostView } from '../../host/host.ts'
import { NetworkError } from '../../host/network.ts'
import { isLoopback } from '../../host/parse/address.ts'
import { parseResolvConf } from '../../host/parse/resolv-conf.ts'
import { ownerOf } from './owner.ts'

const PATH = '/etc/resolv.conf'
/** Where systemd-resolved keeps the servers behind its stub; kubelet is given this file when it is there. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf'
const PROBE_TIMEOUT_MS = 4_000

export const check: Check = {
  id: 'resolv-conf',
  title: 'DNS configuration',
  hard: true,
  why: 'Pods get the nameservers of the node: a loopback one makes CoreDNS ask itself, rotate skips the cluster DNS at random, and a wildcard search domain answers names that are none.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const text = await host.read(PATH)
    const conf = parseResolvConf(text ?? '')
    const owner = ownerOf(await host.readLink(PATH), conf.comments)
    const fail = (found: string, wanted: string, fix: string): Verdict => ({
      kind: 'fail',
      found: `${found} (${owner.name === '' ? 'written by hand' : `written by ${owner.name}`})`,
      wanted,
      fix,
    })

    if (conf.nameservers.length === 0)
      return fail(
        text === undefined ? `no ${PATH}` : `no nameserver in ${PATH}`,
        'at least one nameserver',
        owner.addServer,
      )
    if (conf.options.includes('rotate'))
      return fail(`options rotate in ${PATH}`, 'servers asked in their order', owner.removeOption('rotate'))
    const forPods = await serversForPods(host, conf.nameservers)
    if (forPods.length === 0) {
      const found = `only ${conf.nameservers.join(', ')}, which a pod cannot reach`
      return fail(found, 'a nameserver that is not on loopback', owner.addServer)
    }
    const wildcard = await wildcardDomain(host, conf.search)
    if (wildcard !== undefined)
      return fail(
        `every name below the search domain ${wildcard} resolves`,
        'search domains without a wildcard record',
        owner.removeSearch(wildcard),
      )
    const by = owner.name === '' ? '' : ` (${owner.name})`
    return { kind: 'pass', found: `${forPods.join(', ')}${by}` }
  },
}

async function serversForPods(host: HostView, nameservers: readonly string[]): Promise<string[]> {
  const direct = nameservers.filter((address) => !isLoopback(address))
  if (direct.length > 0) return direct
  const behind = parseResolvConf((await host.read(BEHIND_STUB)) ?? '')
  return nameservers.includes('127.0.0.53') ? behind.nameservers.filter((address) => !isLoopback(address)) : []
}

/** Asks for a name that nobody has, below each search domain; the final dot keeps the resolver from searching. */
async function wildcardDomain(host: HostView, search: readonly string[]): Promise<string | undefined> {
  const label = `cantrip-${host.now().getTime().toString(36)}`
  const answers = await Promise.all(
    search
      .filter((domain) => domain !== '.')
      .map(async (domain) => {
        try {
          const addresses = await host.network.resolve(`${label}.${domain.replace(/\.$/, '')}.`, PROBE_TIMEOUT_MS)
          return addresses.length > 0 ? domain : undefined
        } catch (cause) {
          if (cause instanceof NetworkError) return undefined
          throw cause
        }
      }),
  )
  return answers.find((domain) => domain !== undefined)
}
