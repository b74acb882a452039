import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { Machine } from '../../../host/machine.ts'
import { listNftTables, type NftTable } from '../../../host/network/nft-tables.ts'
import { type CarryOut, resultOf } from '../result.ts'

const FAMILIES = ['ip', 'ip6']

/** The nftables tables of kube-proxy and flannel, if they are configured to use nftables. */
export const removeNftTables: CarryOut<'remove-nft-tables'> = async ({ names, spare = [] }, machine) => {
  const tables = (await listNftTables(machine)).filter(
    ({ family, name }) => FAMILIES.includes(family) && names.includes(name) && !spare.includes(`${family} ${name}`),
  )
  await deleteTables(tables, machine)
  return resultOf(tables.map(({ family, name }) => `nftables table ${family} ${name}`))
}

export async function deleteTables(tables: readonly NftTable[], machine: Machine): Promise<void> {
  if (tables.length === 0) return
  const words = tables.map(({ family, name }) => `${family} ${name}`)
  const script = words.map((table) => `delete table ${table}\n`).join('')
  const { exitCode, stderr } = await machine.ask(['nft', '-f', '-'], { stdin: script, timeoutMs: 30_000 })
  if (exitCode === 0) return
  throw new AgentError('undo/nft-tables-left', `nft did not delete ${words.join(', ')}: ${stderr.trim()}`, {
    fix: `${command`nft delete table ${(words[0] ?? '').split(' ')}`}, then run the same command again`,
  })
}
