import { rangesMatcher } from '../../../base/net/subnet.ts'
import { patternMatcher } from '../../../protocol/declaration/pattern.ts'
import type { Match } from '../../../protocol/declaration/rule.ts'
import type { Node } from '../records.ts'

/** What rules compare. */
export interface Traits {
  hostname: string
  machineId: string
  serial: string
  macs: readonly string[]
  addresses: readonly string[]
  labels: Readonly<Record<string, string>>
}

/** From the facts of the node; before there are any, from what it said when it enrolled. */
export function traitsOf({ name, address, facts, machine }: Node): Traits {
  const found = facts ?? machine
  return {
    hostname: name,
    machineId: found?.machineId ?? '',
    serial: found?.serial ?? '',
    macs: facts?.interfaces.map(({ mac }) => mac) ?? machine?.macs ?? [],
    addresses: [address, ...(facts?.interfaces.flatMap((each) => each.addresses.map((own) => own.address)) ?? [])],
    labels: found?.labels ?? {},
  }
}

/** Returns whether a node has everything that the rule names. */
export function matcherOf({ hostname, machineId, serial, mac, address, label }: Match): (traits: Traits) => boolean {
  const tests: ((traits: Traits) => boolean)[] = []
  if (hostname !== undefined) {
    const matchers = listOf(hostname).map(patternMatcher)
    tests.push((traits) => matchers.some((isIt) => isIt(traits.hostname)))
  }
  if (machineId !== undefined) tests.push(isOneOf(machineId, (traits) => [traits.machineId]))
  if (serial !== undefined) tests.push(isOneOf(serial, (traits) => [traits.serial]))
  if (mac !== undefined) {
    const lower = listOf(mac).map((each) => each.toLowerCase())
    tests.push(isOneOf(lower, ({ macs }) => macs.map((each) => each.toLowerCase())))
  }
  if (address !== undefined) {
    const isInside = rangesMatcher(listOf(address))
    tests.push(({ addresses }) => addresses.some(isInside))
  }
  const labels = Object.entries(label ?? {})
  tests.push((traits) => labels.every(([key, value]) => traits.labels[key] === value))
  return (traits) => tests.every((isIt) => isIt(traits))
}

function isOneOf(wanted: string | readonly string[], of: (traits: Traits) => readonly string[]) {
  const values = new Set(listOf(wanted))
  return (traits: Traits) => of(traits).some((value) => values.has(value))
}

export const listOf = (wanted: string | readonly string[]): readonly string[] =>
  typeof wanted === 'string' ? [wanted] : wanted

/** For a person who looks why no rule matches. */
export function traitsText({ hostname, serial, macs, addresses, labels }: Traits): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const parts: [string, string][] = [
    ['hostname', hostname],
    ['serial', serial],
    ['mac', macs.slice(0, 4).join(' ')],
    ['address', [...new Set(addresses)].slice(0, 4).join(' ')],
    ['labels', pairs.join(' ')],
  ]
  return parts.flatMap(([name, value]) => (value === '' ? [] : [`${name} ${value}`])).join(', ')
}
