import { errorMessage } from '../../base/text/error-message.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { HeldSession, OpenSession, Shared } from '../store/shared.ts'

interface Ports {
  shared: Shared
  log(line: string): void
  /** Ends the session of a node here, because a later one began at another controller. */
  replaced(nodeId: string): void
  /** Another controller got or lost sessions. */
  changed(): void
}

export interface Sessions {
  /** A session here. Its record in the database follows. */
  opened(session: OpenSession): void
  ended(nodeId: string): void
  /** Records those again that could not be recorded. */
  recordMissing(): void
  /** The session of a node at another live controller. */
  elsewhere(nodeId: string): HeldSession | undefined
  /** Reads the sessions of these nodes again; of all, also records those of this controller again. */
  read(nodeIds?: readonly string[]): Promise<void>
  /** Controllers whose sessions count. */
  setLive(controllers: Iterable<string>): void
}

/** What is recorded or read within this time shares one query: after an outage, thousands of agents connect. */
const BATCH_MS = 20

/** Sessions of nodes at all controllers: those of this one are recorded in the database, those of the others are read from it. */
export function openSessions({ shared, log, replaced, changed }: Ports): Sessions {
  const own = new Map<string, OpenSession & { number?: number }>()
  const others = new Map<string, HeldSession>()
  let live = new Set<string>()
  const turns = openTurns()
  const inTurn = (work: () => Promise<void>) =>
    turns('', work).catch((error: unknown) => log(`sessions of nodes could not be shared: ${errorMessage(error)}`))
  const recording = batched(BATCH_MS, (ids: string[]) => inTurn(() => record(ids)))
  const reading = batched(BATCH_MS, (ids: string[]) => inTurn(() => read(ids)))

  async function record(ids: Iterable<string>): Promise<void> {
    const sessions = [...ids].flatMap((id) => own.get(id) ?? [])
    const numbers = await shared.open(sessions)
    for (const [at, session] of sessions.entries()) {
      session.number = numbers[at] ?? 0
      others.delete(session.nodeId)
      // It has ended meanwhile.
      if (!own.has(session.nodeId)) await shared.close(session.nodeId, session.number)
    }
  }

  async function read(ids?: readonly string[]): Promise<void> {
    const found = await shared.sessions(ids)
    for (const id of ids ?? [...others.keys()]) others.delete(id)
    for (const session of found) {
      const mine = own.get(session.nodeId)
      if (mine?.number === session.number) continue
      if (mine !== undefined && (mine.number === undefined || mine.number > session.number)) continue
      others.set(session.nodeId, session)
      if (mine !== undefined) replaced(session.nodeId)
    }
    changed()
  }

  return {
    opened({ nodeId, capabilities }) {
      own.set(nodeId, { nodeId, capabilities })
      recording.add(nodeId)
    },
    ended(nodeId) {
      const session = own.get(nodeId)
      own.delete(nodeId)
      if (session?.number !== undefined) void inTurn(() => shared.close(nodeId, session.number ?? 0))
    },
    recordMissing() {
      for (const { nodeId, number } of own.values()) if (number === undefined) recording.add(nodeId)
    },
    elsewhere(nodeId) {
      const found = others.get(nodeId)
      return found && live.has(found.controller) ? found : undefined
    },
    read: (ids) =>
      ids
        ? Promise.resolve(reading.add(...ids))
        : inTurn(async () => {
            // First: what began elsewhere while this controller was paused is later than what it still has.
            await read()
            await record([...own.keys()].filter((id) => !others.has(id)))
          }),
    setLive(controllers) {
      live = new Set(controllers)
    },
  }
}

/** Collects values, and passes them on together. */
function batched<T>(ms: number, work: (values: T[]) => void): { add(...values: T[]): void } {
  let values = new Set<T>()
  return {
    add(...more) {
      if (values.size === 0)
        setTimeout(() => {
          const all = [...values]
          values = new Set()
          work(all)
        }, ms)
      for (const each of more) values.add(each)
    },
  }
}
