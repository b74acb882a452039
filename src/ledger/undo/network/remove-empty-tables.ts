import type { Machine } from '../../../host/machine.ts'
import { listNftTables } from '../../../host/network/nft-tables.ts'
import { deleteTables } from './remove-nft-tables.ts'

/** iptables-nft creates a table with its built-in chains for the first rule, and does not remove it with the last one. */
const OF_IPTABLES = ['filter', 'nat', 'mangle', 'raw', 'security']

/** Removes iptables tables that did not exist before and have only built-in chains with policy accept. */
export async function removeEmptyTables(before: readonly string[], machine: Machine): Promise<void> {
  const tables = (await listNftTables(machine)).filter(
    ({ family, name }) =>
      ['ip', 'ip6'].includes(family) && OF_IPTABLES.includes(name) && !before.includes(`${family} ${name}`),
  )
  const contents = await Promise.all(
    tables.map(({ family, name }) => machine.ask(['nft', 'list', 'table', family, name], { timeoutMs: 30_000 })),
  )
  await deleteTables(
    tables.filter((_, index) => isEmptyTable(contents[index]?.stdout ?? '')),
    machine,
  )
}

export function isEmptyTable(listing: string): boolean {
  const [, body] = /^table \w+ \w+ \{\n([\s\S]*)^\}\s*$/m.exec(listing) ?? []
  const rest = body?.replaceAll(/\s*chain \S+ \{\s*type \w+ hook [^{}]*policy accept;\s*\}\s*/g, '')
  return rest !== undefined && rest.trim() === ''
}
