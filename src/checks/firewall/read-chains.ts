import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import { askIfInstalled } from '../../host/ask-if-installed.ts'
import type { HostView } from '../../host/host.ts'
import { parseIptables } from './iptables.ts'
import { parseNft } from './nft.ts'
import type { BaseChain } from './walk.ts'

/** A machine with Docker or an earlier kube-proxy can have thousands of rules. */
const ASK = { timeoutMs: 12_000, maxBytes: 32 * 2 ** 20 }
/** The chains of iptables-nft. Its own program shows also the extensions that nft cannot express. */
const OF_IPTABLES = /^ip filter (INPUT|FORWARD|OUTPUT)$/

/** All chains that filter IPv4. A backend that is not in use is not queried: the query would load its kernel module. */
export async function readChains(host: HostView): Promise<BaseChain[]> {
  const [nft, legacy] = await Promise.all([hasNftables(host), hasLegacyFilter(host)])
  const [ofNft, ofIptables, ofLegacy] = await Promise.all([
    nft ? rulesOfNft(host) : [],
    nft ? rulesOf(host, 'iptables', ['iptables-nft-save', 'iptables-save']) : [],
    legacy ? rulesOf(host, 'iptables-legacy', ['iptables-legacy-save', 'iptables-save']) : [],
  ])
  const shown = ofIptables.length > 0
  return [...ofNft.filter(({ name }) => !(shown && OF_IPTABLES.test(name))), ...ofIptables, ...ofLegacy]
}

async function hasNftables(host: HostView): Promise<boolean> {
  const modules = (await host.read('/proc/modules')) ?? ''
  return modules === '' || /^nf_tables /m.test(modules)
}

async function hasLegacyFilter(host: HostView): Promise<boolean> {
  return /^filter$/m.test((await host.read('/proc/net/ip_tables_names')) ?? '')
}

/** The chains that the first installed program prints. */
async function rulesOf(host: HostView, program: BaseChain['program'], names: readonly string[]): Promise<BaseChain[]> {
  for (const name of names) {
    const dump = await answer(host, [name])
    if (dump !== undefined && program !== 'nft') return parseIptables(dump, program)
  }
  return []
}

const LIST: Argv = ['nft', '-j', 'list', 'ruleset']

async function rulesOfNft(host: HostView): Promise<BaseChain[]> {
  const json = await answer(host, LIST)
  if (json === undefined) return []
  try {
    return parseNft(json)
  } catch (cause) {
    throw noAnswer(LIST, `did not print a JSON ruleset (${(cause as Error).message})`)
  }
}

function noAnswer(argv: Argv, how: string): AgentError {
  const line = argv.join(' ')
  return new AgentError('firewall/no-answer', `${line} ${how}`, { fix: `for details, run: ${line}` })
}

async function answer(host: HostView, argv: Argv): Promise<string | undefined> {
  const output = await askIfInstalled(host, argv, ASK)
  if (output === undefined || output.exitCode === 0) return output?.stdout
  throw noAnswer(argv, `ended with ${output.exitCode}: ${output.stderr.trim()}`)
}
