import type { Field, Statement, Value } from './nft-json.ts'
import type { Condition, Matchable } from './packet.ts'

/** The elements of a named set or map; undefined if it does not exist. */
export type LookUp = (name: string) => readonly Value[] | undefined

export const SOMETHING: Condition = { of: 'something', values: [''], isNot: false }
/** Matches no packet: for rules about other protocols than TCP and UDP over IPv4. */
const NEVER: Condition = { of: 'protocol', values: [], isNot: false }

/** The conditions of a `match`; each element of a set of concatenations (`ip saddr . tcp dport`) is an alternative. */
export function alternativesOf({ op, left, right }: NonNullable<Statement['match']>, lookUp: LookUp): Condition[][] {
  const isNot = op === '!='
  const values = elementsOf(right, lookUp)
  if (values === undefined || !['==', '!=', 'in'].includes(op)) return [[SOMETHING]]
  if (left.concat === undefined) return [conditions(left, values, isNot)]
  if (isNot) return [[SOMETHING]]
  const fields = left.concat
  return values.map((value) => {
    const parts = typeof value === 'object' && !Array.isArray(value) ? (value.concat ?? []) : []
    return fields.flatMap((field, at) => conditions(field, parts.slice(at, at + 1), false))
  })
}

/** The elements of a set or of a named set, or a single value; undefined if the named set does not exist. */
export function elementsOf(value: Value, lookUp: LookUp): readonly Value[] | undefined {
  if (typeof value === 'string' && value.startsWith('@')) return lookUp(value.slice(1))?.map(plain)
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value.set !== undefined ? value.set.map(plain) : [plain(value)]
}

function conditions(field: Field, values: readonly Value[], isNot: boolean): Condition[] {
  const of = fieldOf(field)
  if (of === 'never') return [NEVER]
  if (of === undefined) return [SOMETHING]
  const condition: Condition = { of, values: values.map((value) => textOf(plain(value))), isNot }
  const protocol = field.payload?.protocol
  if (protocol !== 'tcp' && protocol !== 'udp') return [condition]
  return [{ of: 'protocol', values: [protocol], isNot: false }, condition]
}

const OF_PAYLOAD: Record<string, Matchable> = {
  saddr: 'source',
  daddr: 'destination',
  protocol: 'protocol',
  sport: 'sourcePort',
  dport: 'destinationPort',
}
const OF_META: Record<string, Matchable> = {
  iif: 'in',
  iifname: 'in',
  oif: 'out',
  oifname: 'out',
  l4proto: 'protocol',
  nfproto: 'family',
  protocol: 'family',
  pkttype: 'destinationType',
}
const OTHER_PROTOCOLS = /^(ip6|icmp|icmpv6|igmp|sctp|dccp|esp|ah|comp|arp)$/

function fieldOf({ payload, meta, ct, fib }: Field): Matchable | 'never' | undefined {
  if (payload?.protocol !== undefined && OTHER_PROTOCOLS.test(payload.protocol)) return 'never'
  if (payload?.protocol !== undefined && /^(ip|tcp|udp|th)$/.test(payload.protocol))
    return OF_PAYLOAD[payload.field ?? '']
  if (meta !== undefined) return OF_META[meta.key]
  if (ct?.key === 'state') return 'state'
  return fib?.result === 'type' && String(fib.flags) === 'daddr' ? 'destinationType' : undefined
}

/** Unwraps an element with a timeout or a comment. */
function plain(value: Value): Value {
  return typeof value === 'object' && 'elem' in value ? (value.elem?.val ?? value) : value
}

function textOf(value: Value): string {
  if (typeof value !== 'object' || Array.isArray(value)) return String(value)
  if (value.prefix) return `${value.prefix.addr}/${value.prefix.len}`
  return value.range === undefined ? JSON.stringify(value) : value.range.join('-')
}
