import { AgentError } from '../../base/agent-error.ts'
import { ipv4ToNumber } from '../../base/net/address.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { isVirtualLink, localAddresses } from '../../host/network/addresses.ts'
import { mainRoutes } from '../../host/network/routes.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { podSubnet } from '../../protocol/settings/default-subnets.ts'
import { fixFor } from './fix.ts'
import { type Flow, flowsOf } from './flows.ts'
import type { Obstacle } from './obstacle.ts'
import { readChains } from './read-chains.ts'
import { type BaseChain, fateOf } from './walk.ts'

export const check: Check = {
  id: 'firewall',
  title: 'Packet filter (ufw, nftables, iptables)',
  hard: true,
  why: 'Rules of ufw, nftables and iptables can drop traffic between nodes and pods. The check evaluates each filter chain of the kernel for the packets that the cluster needs, by role. A rule that cannot be evaluated is a warning. The check "firewalld" covers firewalld.',
  remedy: 'Add the rules that the check prints to ufw, nftables or iptables.',
  timeoutMs: 15_000,
  async look(host: HostView, { roles, subnets }: CheckParams): Promise<Verdict> {
    if (host.uid() !== 0) return { kind: 'skipped', found: 'only root can read the rules' }
    if (await isUnitActive(host, 'firewalld.service'))
      return { kind: 'pass', found: 'firewalld is active; the check "firewalld" covers it' }
    const { node, interface: name } = await localAddresses(host)
    const address = node.find((each) => ipv4ToNumber(each) !== undefined)
    if (address === undefined) return { kind: 'skipped', found: 'no IPv4 address' }
    const routed = (await mainRoutes(host)).map((route) => route.interface).filter((each) => !isVirtualLink(each))
    const interfaces = [...new Set([...(name === undefined ? [] : [name]), ...routed])]
    const chains = await readChains(host).catch(unreadable)
    if (!Array.isArray(chains)) return chains
    const flows = flowsOf(roles, { address, interfaces, pods: subnets?.pod ?? podSubnet })
    const obstacles = chains.flatMap((chain) => obstaclesIn(chain, flows))
    if (obstacles.length === 0)
      return {
        kind: 'pass',
        found: chains.length === 0 ? 'no rules' : `${chains.length} chains, which allow traffic of the cluster`,
      }
    return {
      kind: obstacles.some(({ isSure, flow }) => isSure && flow.kind === 'fail') ? 'fail' : 'warn',
      found: describe(obstacles),
      wanted: 'rules that allow the traffic between nodes and pods',
      fix: await fixFor(host, obstacles),
    }
  },
}

/** For example an nft without JSON support: rules that cannot be read are a warning, not a failure. */
function unreadable(error: unknown): Verdict {
  if (!(error instanceof AgentError)) throw error
  const wanted = 'readable rules: some may drop traffic between nodes and pods'
  return { kind: 'warn', found: error.message, wanted, fix: error.fix }
}

function obstaclesIn(chain: BaseChain, flows: readonly Flow[]): Obstacle[] {
  return flows.flatMap((flow) => {
    if (flow.packet.hook !== chain.hook) return []
    const fate = fateOf(flow.packet, opened(chain))
    return fate === 'open' ? [] : [{ chain, flow, isSure: fate === 'closed' }]
  })
}

/**
 * The pod network appends rules to the FORWARD chain of iptables-nft that accept packets of pods before its policy applies.
 * So Docker's `policy DROP` does no harm, but a rule that rejects all other packets does.
 */
function opened(chain: BaseChain): BaseChain {
  return chain.hook === 'forward' && chain.program === 'iptables' ? { ...chain, policy: 'accept' } : chain
}

/** `inet filter input drops 6443/tcp, 10250/tcp from other nodes; …` */
function describe(obstacles: readonly Obstacle[]): string {
  const words = (isSure: boolean) => (isSure ? 'drops' : 'may drop, by rules that cannot be evaluated,')
  const groups = Map.groupBy(obstacles, ({ chain, isSure }) => `${shown(chain)} ${words(isSure)}`)
  return [...groups].map(([start, group]) => `${start} ${listed(group.map(({ flow }) => flow.about))}`).join('; ')
}

/** `6443/tcp, 10250/tcp from other nodes`: the common ending is written once. */
function listed(abouts: readonly string[]): string {
  const groups = Map.groupBy(abouts, (about) => / (from|to) other nodes$/.exec(about)?.[0] ?? about)
  return [...groups]
    .map(([end, group]) =>
      group[0] === end ? end : group.map((about) => about.slice(0, -end.length)).join(', ') + end,
    )
    .join(', ')
}

const shown = ({ name, program }: BaseChain) => (program === 'nft' ? name : `${name} (${program})`)
