import type { X509Certificate } from 'node:crypto'
import type { AgentError } from '../../../base/agent-error.ts'
import { refusal } from '../../domain/admission.ts'
import { Rate } from '../../rate.ts'
import type { Identity } from '../identity.ts'
import { BODY_BYTE_BURST, BODY_BYTES_PER_SECOND, SHARES, type Share } from '../limits.ts'

type Client = Pick<Identity, 'kind' | 'name'> & { certificate: Pick<X509Certificate, 'serialNumber'> }

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
  // As many as certificates were issued.
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
function keyOf({ kind, name, certificate }: Client): string {
  const isIssuedByHand = kind === 'enrol' || kind === 'admin'
  return isIssuedByHand ? `${kind} ${name} ${certificate.serialNumber}` : `${kind} ${name}`
}

const textOf = ({ kind, name }: Client) => `${kind} ${name}`

function tooMany(client: Client, what: string, limit: keyof Share): [message: string, fix: string] {
  const found = `${textOf(client)} has more than ${SHARES[client.kind][limit]} ${what}`
  return [found, 'wait for some seconds, then try again; check that no other machine has the same credentials']
}
