import { AgentError } from '../../errors/agent-error.ts'
import type { Machine } from '../../host/machine.ts'
import type { CarryOut } from './result.ts'

/** kube-proxy's and flannel's own tables of nftables, where they are told to use it. */
export const removeNftTables: CarryOut<'remove-nft-tables'> = async ({ names }, machine) => {
  const tables = (await listTables(machine)).filter(({ name }) => names.includes(name))
  if (tables.length === 0) return undefined
  const words = tables.map(({ family, name }) => `${family} ${name}`)
  const script = words.map((table) => `delete table ${table}\n`).join('')
  const { exitCode, stderr } = await machine.ask(['nft', '-f', '-'], { stdin: script, timeoutMs: 30_000 })
  if (exitCode === 0) return undefined
  throw new AgentError('undo/nft-tables-left', `nft did not delete ${words.join(', ')}: ${stderr.trim()}`, {
    fix: `nft delete table ${words[0]}, then run the same command again`,
  })
}

/** Asking would load the module where nothing has used it: then there are no tables. */
async function listTables(machine: Machine): Promise<{ family: string; name: string }[]> {
  const modules = (await machine.read('/proc/modules')) ?? ''
  if (modules !== '' && !/^nf_tables /m.test(modules)) return []
  try {
    const { stdout } = await machine.ask(['nft', 'list', 'tables'], { timeoutMs: 30_000 })
    return [...stdout.matchAll(/^table (\S+) (\S+)$/gm)].map(([, family = '', name = '']) => ({ family, name }))
  } catch (error) {
    if (error instanceof AgentError && error.code === 'command/not-found') return []
    throw error
  }
}
