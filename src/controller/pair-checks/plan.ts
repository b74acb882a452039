import { createHash } from 'node:crypto'
import type { Cni } from '../../protocol/names.ts'
import { MAX_PEERS_A_ROUND, MAX_ROUNDS, type PairPort } from '../../protocol/wire/pair-check.ts'
import { isMaster, type PairNode, portsBetween } from './needs.ts'

/** The largest number of nodes for which every pair is checked; above it, a sample is. */
const ALL_PAIRS_UP_TO = 16
/** In a sample, each node is paired with so many neighbours in each direction of a ring of all nodes. */
const RING_REACH = 2

export interface Dial {
  from: PairNode
  to: PairNode
  ports: PairPort[]
}

/** In one round, a node dials at most MAX_PEERS_A_ROUND others, and is dialled by at most as many. */
export type Round = readonly Dial[]

export interface PairPlan {
  nodes: readonly PairNode[]
  rounds: readonly Round[]
  /** The number of all pairs. */
  possiblePairs: number
}

/**
 * Plans which nodes dial each other in which round. Both nodes of a pair dial. A sample contains all pairs of masters, each
 * worker with one master (round robin), and a ring of all nodes. The same nodes and seed result in the same plan.
 */
export function planPairs(nodes: readonly PairNode[], cni: Cni, seed: string): PairPlan {
  const pairs = nodes.length <= ALL_PAIRS_UP_TO ? everyPair(nodes) : sample(shuffled(nodes, seed))
  const dials = pairs.flatMap(([a, b]) => [dial(a, b, cni), dial(b, a, cni)]).filter(({ ports }) => ports.length > 0)
  return { nodes, rounds: inRounds(dials).slice(0, MAX_ROUNDS), possiblePairs: (nodes.length * (nodes.length - 1)) / 2 }
}

type Pair = readonly [PairNode, PairNode]

function everyPair(nodes: readonly PairNode[]): Pair[] {
  return nodes.flatMap((a, at) => nodes.slice(at + 1).map((b): Pair => [a, b]))
}

function sample(nodes: readonly PairNode[]): Pair[] {
  const masters = nodes.filter(isMaster)
  const others = nodes.filter((node) => !isMaster(node))
  const withMaster = others.flatMap((node, at): Pair[] => {
    const master = masters[at % masters.length]
    return master ? [[master, node]] : []
  })
  const ring = nodes.flatMap((node, at) =>
    Array.from({ length: RING_REACH }, (_, far): Pair => [node, nodes[(at + far + 1) % nodes.length] ?? node]),
  )
  const known = new Map<string, Pair>()
  for (const pair of [...everyPair(masters), ...withMaster, ...ring]) {
    const key = pair
      .map(({ id }) => id)
      .sort()
      .join(' ')
    if (!known.has(key)) known.set(key, pair)
  }
  return [...known.values()]
}

function dial(from: PairNode, to: PairNode, cni: Cni): Dial {
  return { from, to, ports: portsBetween(from, to, cni) }
}

/** Puts each dial into the first round that has room for it at both ends. */
function inRounds(dials: readonly Dial[]): Dial[][] {
  const rounds: { dials: Dial[]; load: Map<string, number> }[] = []
  for (const each of dials) {
    const ends = [`from ${each.from.id}`, `to ${each.to.id}`]
    const hasRoom = ({ load }: { load: Map<string, number> }) =>
      ends.every((end) => (load.get(end) ?? 0) < MAX_PEERS_A_ROUND)
    let round = rounds.find(hasRoom)
    if (!round) {
      round = { dials: [], load: new Map() }
      rounds.push(round)
    }
    round.dials.push(each)
    for (const end of ends) round.load.set(end, (round.load.get(end) ?? 0) + 1)
  }
  return rounds.map(({ dials }) => dials)
}

/** A pseudo-random order that depends only on ids and seed. */
function shuffled(nodes: readonly PairNode[], seed: string): PairNode[] {
  const rank = new Map(nodes.map(({ id }) => [id, createHash('sha256').update(`${seed} ${id}`).digest('hex')]))
  return nodes.toSorted((a, b) => ((rank.get(a.id) ?? '') < (rank.get(b.id) ?? '') ? -1 : 1))
}
