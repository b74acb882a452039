import type { PairNode } from '../../../src/controller/pair-checks/needs.ts'
import type { NodeRole } from '../../../src/protocol/names.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** A node whose ID and address are derived from its number. */
export function nodeOf(name: string, roles: readonly NodeRole[], number = name.charCodeAt(0)): PairNode {
  const id = `n-${[9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((digit) => LETTERS[Math.floor(number / 32 ** digit) % 32]).join('')}`
  return { id, name, address: `10.0.${number >> 8}.${number & 255}`, interface: 'eth0', roles, isTaken: false }
}

export function manyNodes(count: number, masters: number): PairNode[] {
  return Array.from({ length: count }, (_, at) => nodeOf(`node-${at}`, [at < masters ? 'master' : 'worker'], at))
}
