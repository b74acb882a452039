import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { askIfInstalled } from '../../../host/ask-if-installed.ts'
import type { Machine } from '../../../host/machine.ts'
import { type CarryOut, resultOf, type UndoOf } from '../result.ts'
import { removalOf } from './chain-script.ts'
import { removeEmptyTables } from './remove-empty-tables.ts'

/** Each backend has its own rules, and a host or an image may use either. The plain names are aliases of one of them. */
const variants = ['iptables-nft', 'iptables-legacy', 'ip6tables-nft', 'ip6tables-legacy'] as const
const plainNames = ['iptables', 'ip6tables'] as const

export const removeChains: CarryOut<'remove-chains'> = async (undo, machine) => {
  let found = await Promise.all(variants.map((name) => clean(name, undo, machine)))
  if (found.every((one) => one === undefined))
    found = await Promise.all(plainNames.map((name) => clean(name, undo, machine)))
  if (undo.tables) await removeEmptyTables(undo.tables, machine)
  if (found.some((one) => one !== undefined)) return resultOf(found.flatMap((one) => one ?? []))
  return { kept: `cannot look for the firewall rules of ${undo.prefixes.join(', ')}: iptables is not installed` }
}

/** What was removed; undefined if the tool is not installed. */
async function clean(
  name: string,
  { prefixes, networks }: UndoOf<'remove-chains'>,
  machine: Machine,
): Promise<string[] | undefined> {
  const dump = await save(name, machine)
  if (dump === undefined) return undefined
  const removal = removalOf(dump, prefixes, networks)
  if (removal === undefined) return []
  const { exitCode, stderr } = await machine.ask([`${name}-restore`, '--noflush', '--wait', '5'], {
    stdin: removal.script,
    timeoutMs: 30_000,
  })
  if (exitCode === 0) return removal.removed.map((what) => `${name}: ${what}`)
  throw new AgentError('undo/chains-left', `${name} did not remove the chains of Kubernetes: ${stderr.trim()}`, {
    fix: `find the rules that refer to them: ${command`${`${name}-save`} | grep -E ${prefixes.join('|')}`}, then run the same command again`,
  })
}

async function save(name: string, machine: Machine): Promise<string | undefined> {
  const output = await askIfInstalled(machine, [`${name}-save`], { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 })
  return output?.exitCode === 0 ? output.stdout : undefined
}
