import { copiesDirectory } from '../../bundle/compression/copies.ts'
import { exists } from '../../bundle/exists.ts'
import type { StoredBundle } from '../../bundle/import.ts'
import type { PieceList, PieceSource, PiecesResponse, PieceTicket } from '../../protocol/api/delivery/pieces.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { unknownFile } from '../bundles/unknown-file.ts'
import { clusterOf, nodeById } from '../nodes/find.ts'
import type { HasAuthority, HasBundles, HasClock, HasPresence, HasStore } from '../ports.ts'
import { type Calls, openCalls } from './call.ts'
import { readPieceList } from './list.ts'
import type { Choice } from './member.ts'
import type { Pieces } from './pieces.ts'
import { Tracker } from './tracker.ts'

type Ports = HasStore & HasClock & HasBundles & HasAuthority & HasPresence

/** For so long a node can show it; afterwards the controller has to give it another one. */
const TICKET_MS = 120_000
/** Nodes ask again after this time, and with many nodes later: all of them ask one controller. */
const AGAIN_MS = 100
const AGAIN_PER_NODE_MS = 5
const LONGEST_AGAIN_MS = 2_000
/** A node without a wish says that it is still there. */
const KEEP_MS = 4_000

interface Place {
  name: string
  address: string
  port: number
  fingerprint: string
}

/** The nodes of one cluster that download the same bundle, or hand on what they have of it. */
interface Swarm {
  tracker: Tracker
  calls: Calls
  places: Map<string, Place>
  /** By asker and holder. */
  tickets: Map<string, { signed: Signed; madeMs: number }>
}

/** The setting in bytes per second; undefined if nodes hand on nothing. */
function bytesPerSecondOf(limit = 'none'): number | undefined {
  if (limit === 'none') return undefined
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number.parseInt(limit, 10) * 1024 * 1024
}

const OFF: PiecesResponse = { take: [], peers: 0, againMs: KEEP_MS }

/** Knows in this process only who has what: with several controllers, the nodes of each are by themselves. */
export function openPieces(ports: Ports): Pieces {
  const lists = new Map<string, Promise<PieceList>>()
  const swarms = new Map<string, Swarm>()

  async function listOf(bundle: StoredBundle): Promise<PieceList> {
    const key = `${bundle.manifestSha256} ${await exists(copiesDirectory(bundle.directory))}`
    const known = lists.get(key) ?? readPieceList(bundle)
    lists.set(key, known)
    known.catch(() => lists.delete(key))
    return known
  }

  const newSwarm = (): Swarm => ({
    ...{ tracker: new Tracker(), calls: openCalls(ports), places: new Map(), tickets: new Map() },
  })

  function swarmOf(key: string): Swarm {
    for (const [other, { tracker }] of swarms)
      if (other !== key && tracker.isEmpty(ports.now().getTime())) swarms.delete(other)
    const swarm = swarms.get(key) ?? newSwarm()
    swarms.set(key, swarm)
    return swarm
  }

  function ticketFor(swarm: Swarm, holder: string, asker: string, bundle: string): Signed {
    const nowMs = ports.now().getTime()
    for (const [key, { madeMs }] of swarm.tickets) {
      // They are in the order in which they were made.
      if (nowMs - madeMs < TICKET_MS / 2) break
      swarm.tickets.delete(key)
    }
    const key = `${asker} ${holder} ${swarm.places.get(holder)?.fingerprint}`
    const known = swarm.tickets.get(key)
    if (known) return known.signed
    const expiresAt = new Date(nowMs + TICKET_MS).toISOString()
    const ticket: PieceTicket = { ticket: 'pieces', node: holder, expiresAt, bundle, asker }
    const signed = ports.authority.signInstruction(JSON.stringify(ticket))
    swarm.tickets.set(key, { signed, madeMs: nowMs })
    return signed
  }

  /** A node that is removed can still have a ticket for two minutes, but is no longer asked by others. */
  async function isThere(id: string): Promise<boolean> {
    const state = (await ports.store.node(id))?.state
    return state !== undefined && state !== 'REMOVED'
  }

  async function sourcesOf(swarm: Swarm, choices: readonly Choice[], asker: string, bundle: string) {
    const take: PieceSource[] = []
    for (const { piece, from } of choices) {
      const place = from === undefined ? undefined : swarm.places.get(from)
      if (from === undefined || place === undefined) take.push({ piece })
      else if (await isThere(from))
        take.push({ piece, from: { node: from, ...place, ticket: ticketFor(swarm, from, asker, bundle) } })
      // It was removed. The node asks for the piece again.
      else swarm.tracker.forget(from)
    }
    return take
  }

  return {
    async trade({ name: id, certificate }, sha256, request) {
      const node = await nodeById(ports, id)
      const { settings } = await clusterOf(ports, node)
      const bytesPerSecond = bytesPerSecondOf(settings.peerUploads)
      if (bytesPerSecond === undefined) return OFF
      const bundle = await ports.bundles.find(sha256)
      if (!bundle) throw unknownFile('piece', sha256)
      const list = await listOf(bundle)
      const uploads = Number.isFinite(bytesPerSecond) ? { bytesPerSecond } : {}
      if (request.list !== list.id) return { uploads, list, take: [], peers: 0, againMs: AGAIN_MS }
      const swarm = swarmOf(`${node.clusterId} ${list.id}`)
      const fingerprint = certificate.fingerprint256
      const { port, ...asking } = request
      if (port === undefined) swarm.places.delete(id)
      else swarm.places.set(id, { name: node.name, address: node.address, port, fingerprint })
      const { tracker, calls } = swarm
      const nowMs = ports.now().getTime()
      const isHolder = (other: string) => tracker.isHolder(other)
      if (request.want.length > 0) await calls.make(node, sha256, isHolder, nowMs)
      const free = calls.areAwaited(isHolder, nowMs) ? 0 : request.free
      const choices = tracker.ask({ ...asking, free, node: id, isHolder: port !== undefined }, nowMs)
      const take = await sourcesOf(swarm, choices, fingerprint, sha256)
      const peers = tracker.downloading(id, nowMs)
      const againMs = Math.min(LONGEST_AGAIN_MS, AGAIN_MS + AGAIN_PER_NODE_MS * peers)
      return { uploads, take, peers, againMs: request.want.length === 0 ? KEEP_MS : againMs }
    },
  }
}
