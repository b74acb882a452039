import type { Machine } from '../../../host/machine.ts'
import { listNftTables } from '../../../host/network/nft-tables.ts'
import { deleteTables } from './remove-nft-tables.ts'

/** iptables-nft makes a table with its own chains when the first rule comes, and leaves it behind when the last one goes. */
const OF_IPTABLES = ['filter', 'nat', 'mangle', 'raw', 'security']

/** Those of iptables that were not there before, and in which there is nothing but chains that accept everything. */
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
