import { isLoopback } from '../../base/net/address.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { askEachNameServer } from '../../host/network/ask-name-servers.ts'
import { BEHIND_STUB, ownerOfResolvConf, RESOLV_CONF as PATH } from '../../host/network/resolv-conf-owner.ts'
import { NetworkError } from '../../host/network.ts'
import { parseResolvConf } from '../../host/parse/network/resolv-conf.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { ADVICE } from './advice.ts'

const PROBE_TIMEOUT_MS = 4_000

export const check: Check = {
  id: 'resolv-conf',
  title: 'DNS configuration',
  hard: true,
  why: 'Pods use the name servers of the node: a loopback address makes CoreDNS query itself, rotate bypasses the cluster DNS at random, and a wildcard search domain answers for names that do not exist.',
  remedy: 'Set a DNS server that is not on loopback, and remove rotate and wildcard search domains.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const text = await host.read(PATH)
    const conf = parseResolvConf(text ?? '')
    const owner = await ownerOfResolvConf(host)
    const advice = ADVICE[owner]
    const fail = (found: string, wanted: string, fix: string): Verdict => ({
      kind: 'fail',
      found: `${found} (written by ${owner === 'nobody' ? 'hand' : owner})`,
      wanted,
      fix,
    })

    if (conf.nameservers.length === 0)
      return fail(
        text === undefined ? `no ${PATH}` : `no nameserver in ${PATH}`,
        'at least one nameserver',
        advice.addServer,
      )
    if (conf.options.includes('rotate'))
      return fail(`options rotate in ${PATH}`, 'name servers used in order', advice.removeOption('rotate'))
    const forPods = await serversForPods(host, conf.nameservers)
    const loops = forPods.filter(isLoopback)
    if (loops.length > 0) {
      const found = `${loops.length === forPods.length ? 'only ' : ''}${loops.join(', ')}, which is the pod itself inside a pod`
      return fail(found, 'nameservers that are not on loopback', advice.addServer)
    }
    const [wildcard, silent] = await Promise.all([wildcardDomain(host, conf.search), allSilent(host)])
    if (wildcard !== undefined)
      return fail(
        `every name in the search domain ${wildcard} resolves`,
        'search domains without a wildcard record',
        advice.removeSearch(wildcard),
      )
    if (silent !== undefined)
      return {
        kind: 'warn',
        found: `no nameserver answers: ${silent}`,
        wanted: 'a name server that answers: lookups of names that are not in /etc/hosts hang',
        fix: `allow outgoing UDP port 53 to it; or set another name server: ${advice.addServer}`,
      }
    const by = owner === 'nobody' ? '' : ` (${owner})`
    return { kind: 'pass', found: `${forPods.join(', ')}${by}` }
  },
}

/** kubeadm configures the kubelet with the file of systemd-resolved if that runs, otherwise with /etc/resolv.conf. */
async function serversForPods(host: HostView, nameservers: readonly string[]): Promise<readonly string[]> {
  const behind = parseResolvConf((await host.read(BEHIND_STUB)) ?? '').nameservers
  if (behind.length === 0) return nameservers
  const isUsed = nameservers.includes('127.0.0.53') || (await isUnitActive(host, 'systemd-resolved'))
  return isUsed ? behind : nameservers
}

/** The failure of each name server; undefined if at least one answers. */
async function allSilent(host: HostView): Promise<string | undefined> {
  const answers = await askEachNameServer(host, host.hostname())
  if (answers.some(({ answered }) => answered)) return undefined
  return answers.map(({ server, result }) => `${server}: ${result}`).join('; ')
}

/** Looks up a name that does not exist in each search domain; the final dot disables the search list. */
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
