import type { AgentError } from '../../../base/agent-error.ts'
import { refusal } from '../../domain/admission.ts'
import { Rate } from '../../rate.ts'
import type { MachineIdentity, UserIdentity } from '../identity.ts'
import { BODY_BYTE_BURST, BODY_BYTES_PER_SECOND, SHARES, type Share } from '../limits.ts'

type Certified = { certificate: { serialNumber: string } }
type Client =
  | (Pick<MachineIdentity, 'kind' | 'name'> & Certified)
  | (Pick<UserIdentity, 'kind' | 'name' | 'principal'> & Partial<Certified>)
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
  /** Returns what ends it. */
  connection(client: Client): () => void
  /** A request that waits for a change. `of`: the part of an identity that many machines share. */
  wait(client: Client, of?: string): () => void
}

interface Taken {
  requests: Rate
  bytes: Rate
}

export function openShares(monotonicMs: () => number): Shares {
  const taken = new Map<string, Taken>()
  const occupied = new Map<string, number>()
  const rates = (client: Client): Taken => {
    const key = keyOf(client)
    const { requestsPerSecond, requestBurst } = SHARES[client.kind]
    const nowMs = monotonicMs()
    const own = taken.get(key) ?? {
      requests: new Rate(requestsPerSecond, requestBurst, nowMs),
      bytes: new Rate(BODY_BYTES_PER_SECOND, BODY_BYTE_BURST, nowMs),
    }
    taken.set(key, own)
    const [oldest] = taken.keys()
    if (taken.size > MOST_REMEMBERED && oldest !== undefined) taken.delete(oldest)
    return own
  }
  const occupy = (key: string, most: number, error: () => AgentError): (() => void) => {
    const before = occupied.get(key) ?? 0
    if (before >= most) throw error()
    occupied.set(key, before + 1)
    let isOver = false
    return () => {
      const left = (occupied.get(key) ?? 0) - 1
      if (isOver) return
      isOver = true
      if (left > 0) occupied.set(key, left)
      else occupied.delete(key)
    }
  }
  return {
    request(client, bodyBytes) {
      const { requests, bytes } = rates(client)
      if (!requests.tryTake(monotonicMs()))
        throw refusal('limit/requests', ...tooMany(client, 'requests per second', 'requestsPerSecond'))
      if (bodyBytes === 0 || bytes.tryTake(monotonicMs(), bodyBytes)) return
      const fix = 'wait for some seconds, then send it again'
      throw refusal('limit/bytes', `${textOf(client)} sends more than ${BODY_BYTES_PER_SECOND} bytes per second`, fix)
    },
    connection: (client) =>
      occupy(`connections ${keyOf(client)}`, SHARES[client.kind].connections, () =>
        refusal('limit/connections', ...tooMany(client, 'connections', 'connections')),
      ),
    wait: (client, of = '') =>
      occupy(`waiting ${keyOf(client)} ${of}`, SHARES[client.kind].waiting, () =>
        refusal('limit/waiting', ...tooMany(client, 'requests that wait for a change', 'waiting')),
      ),
  }
}

/**
 * Certificates of installers and administrators count by themselves: whoever has a revoked one takes nothing from those that
 * replaced it. Nodes and operators renew theirs as often as they want, so these count together.
 */
function keyOf(client: Client): string {
  const { kind, name } = client
  if (kind === 'enrol') return `${kind} ${name} ${client.certificate.serialNumber}`
  if (kind === 'user') return `${client.principal.kind} ${name} ${client.certificate?.serialNumber ?? ''}`
  return `${kind} ${name}`
}

const textOf = ({ kind, name }: Client) => (kind === 'user' ? name : `${kind} ${name}`)

function tooMany(client: Client, what: string, limit: keyof Share): [message: string, fix: string] {
  const found = `${textOf(client)} has more than ${SHARES[client.kind][limit]} ${what}`
  return [found, 'wait for some seconds, then try again; check that no other machine has the same credentials']
}
