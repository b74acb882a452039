import { refuseAll } from '../../declare/problem.ts'
import type { InventoryHost } from '../host.ts'
import { invalid, startOf } from '../invalid.ts'
import { type Groups, groupedHosts } from './groups.ts'
import { interpret } from './interpret.ts'

/** The hosts of an inventory. Throws `inventory/invalid` if a variable cannot be used. */
export function hostsOf(file: string, all: Groups): InventoryHost[] {
  const read = groupedHosts(all).map((host) => interpret(host))
  const texts = read.filter((each) => typeof each === 'string')
  refuseAll(texts.map((found) => invalid(startOf(file), found, 'correct the variable')))
  return read.filter((each) => typeof each !== 'string')
}
