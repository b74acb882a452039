import type { AgentError } from '../../../base/agent-error.ts'
import { refusal } from '../../domain/admission.ts'
import { Rate } from '../../rate.ts'
import type { MachineIdentity, UserIdentity } from '../identity.ts'
import {
  BODY_BYTE_BURST,
  BODY_BYTES_PER_SECOND,
  CHANGE_BURST,
  CHANGE_BYTE_BURST,
  CHANGE_BYTES_PER_SECOND,
  CHANGES_PER_SECOND,
  SHARES,
  type Share,
  UPLOADS_PER_IDENTITY,
} from '../limits.ts'

type Certified = { certificate: { serialNumber: string } }
type Client =
  | (Pick<MachineIdentity, 'kind' | 'name' | 'fingerprint'> & Certified)
  | (Pick<UserIdentity, 'kind' | 'name' | 'principal' | 'creator'> & Partial<Certified>)
  | Anonymous

/** Clients that have not authenticated, by the address from which they connect (see sourceOf). */
export interface Anonymous {
  kind: 'anonymous'
  name: string
}

/** Addresses are many, and certificates are not. */
const MOST_REMEMBERED = 20_000

/** What each identity takes, so that one cannot slow down all. Each function throws the error that the client gets. */
export interface Shares {
  /** `bodyBytes`: at most so many follow. */
  request(client: Client, bodyBytes: number): void
  /** A request that can change something: refused while the entries of earlier ones in the audit log are too many. */
  change(client: Client): void
  /** An entry of the audit log for this client was stored. */
  changed(client: Client, bytes: number): void
  /** Returns what ends it. */
  connection(client: Client): () => void
  /** A request that waits for a change. `of`: the part of an identity that many machines share. */
  wait(client: Client, of?: string): () => void
  /** A body that is held as it is until it has arrived. */
  upload(client: Client): () => void
}

/** A node that only connects needs one of four. */
type Taken = Partial<Record<'requests' | 'bytes' | 'entries' | 'entryBytes', Rate>>

/** Per second, and at once. */
function limitOf(of: keyof Taken, { kind }: Client): [perSecond: number, burst: number] {
  switch (of) {
    case 'requests':
      return [SHARES[kind].requestsPerSecond, SHARES[kind].requestBurst]
    case 'bytes':
      return [BODY_BYTES_PER_SECOND, BODY_BYTE_BURST]
    case 'entries':
      return [CHANGES_PER_SECOND, CHANGE_BURST]
    case 'entryBytes':
      return [CHANGE_BYTES_PER_SECOND, CHANGE_BYTE_BURST]
  }
}

export function openShares(monotonicMs: () => number): Shares {
  const taken = new Map<string, Taken>()
  const occupied = new Map<string, number>()
  const remember = (key: string): Taken => {
    const own: Taken = {}
    taken.set(key, own)
    if (taken.size > MOST_REMEMBERED) {
      const [oldest] = taken.keys()
      if (oldest !== undefined) taken.delete(oldest)
    }
    return own
  }
  const rate = (of: keyof Taken, client: Client, { key, times }: Counted): Rate => {
    const own = taken.get(key) ?? remember(key)
    const [perSecond, burst] = limitOf(of, client)
    own[of] ??= new Rate(times * perSecond, times * burst, monotonicMs())
    return own[of]
  }
  const occupy = (what: string, client: Client, most: number, error: () => AgentError): (() => void) => {
    const counted = countedOf(client).map(({ key, times }) => ({ name: `${what} ${key}`, most: times * most }))
    if (counted.some(({ name, most }) => (occupied.get(name) ?? 0) >= most)) throw error()
    for (const { name } of counted) occupied.set(name, (occupied.get(name) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      for (const { name } of counted) {
        const left = (occupied.get(name) ?? 0) - 1
        if (left > 0) occupied.set(name, left)
        else occupied.delete(name)
      }
    }
  }
  return {
    request(client, bodyBytes) {
      for (const counted of countedOf(client)) {
        if (!rate('requests', client, counted).tryTake(monotonicMs()))
          throw refusal('limit/requests', ...tooMany(client, 'requests per second', 'requestsPerSecond'))
        if (bodyBytes === 0 || rate('bytes', client, counted).tryTake(monotonicMs(), bodyBytes)) continue
        const fix = 'wait for some seconds, then send it again'
        throw refusal('limit/bytes', `${textOf(client)} sends more than ${BODY_BYTES_PER_SECOND} bytes per second`, fix)
      }
    },
    change(client) {
      if (!isLimited(client)) return
      const isUsedUp = (of: keyof Taken, counted: Counted) => !rate(of, client, counted).tryTake(monotonicMs(), 0)
      const isOver = countedOf(client).some((each) => isUsedUp('entries', each) || isUsedUp('entryBytes', each))
      if (!isOver) return
      const found = `${textOf(client)} changes more than ${CHANGES_PER_SECOND} times per second, for long`
      throw refusal(
        'limit/changes',
        found,
        'wait for some seconds, then send it again; or change several things with one request',
      )
    },
    changed(client, bytes) {
      if (!isLimited(client)) return
      for (const counted of countedOf(client)) {
        rate('entries', client, counted).take(monotonicMs())
        rate('entryBytes', client, counted).take(monotonicMs(), bytes)
      }
    },
    connection: (client) =>
      occupy('connections', client, SHARES[client.kind].connections, () =>
        refusal('limit/connections', ...tooMany(client, 'connections', 'connections')),
      ),
    upload: (client) =>
      occupy('uploads', client, UPLOADS_PER_IDENTITY, () => {
        const found = `${textOf(client)} sends more than ${UPLOADS_PER_IDENTITY} parts of archives at once`
        return refusal('limit/bytes', found, 'wait until one of them has arrived, then send it again')
      }),
    wait: (client, of = '') =>
      occupy(`waiting ${of}`, client, SHARES[client.kind].waiting, () =>
        refusal('limit/waiting', ...tooMany(client, 'requests that wait for a change', 'waiting')),
      ),
  }
}

interface Counted {
  key: string
  /** How many shares it has. */
  times: number
}

/** Of all keys of one node together. */
const SHARES_OF_A_NODE = 4
/** Of all tokens of one person, who can create many. */
const SHARES_OF_TOKENS = 4

/**
 * Certificates of installers and administrators count by themselves: whoever has a revoked one takes nothing from those that
 * replaced it. So do the keys of a node: a stolen one that is retired leaves the node its share. But a node renews its key as
 * often as it wants, so all of them count together, too. All certificates of an operator are valid, and count as one.
 */
function countedOf(client: Client): Counted[] {
  const { kind, name } = client
  const own = `${kind} ${name}`
  if (kind === 'enrol') return [{ key: `${own} ${client.certificate.serialNumber}`, times: 1 }]
  if (kind === 'user') {
    const { principal, certificate, creator } = client
    const ofCreator = creator == null ? [] : [{ key: `tokens of ${creator}`, times: SHARES_OF_TOKENS }]
    return [{ key: `${principal.kind} ${name} ${certificate?.serialNumber ?? ''}`, times: 1 }, ...ofCreator]
  }
  if (kind !== 'node') return [{ key: own, times: 1 }]
  return [
    { key: `${own} ${client.fingerprint}`, times: 1 },
    { key: own, times: SHARES_OF_A_NODE },
  ]
}

/** Programs of a cluster other than its nodes change records rarely, or are limited in another way. */
const isLimited = ({ kind }: Client) => kind === 'user' || kind === 'node'

const textOf = ({ kind, name }: Client) => (kind === 'user' ? name : `${kind} ${name}`)

function tooMany(client: Client, what: string, limit: keyof Share): [message: string, fix: string] {
  const found = `${textOf(client)} has more than ${SHARES[client.kind][limit]} ${what}`
  return [found, 'wait for some seconds, then try again; check that no other machine has the same credentials']
}
