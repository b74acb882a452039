import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { EngineEvent, Outcome } from '../../engine/event.ts'
import { writeStateFile } from '../state-file.ts'

/** Messages that the controller must receive when it is reachable. */
export type OutboxMessage =
  | { t: 'event'; body: { run: string; event: EngineEvent } }
  | { t: 'result'; body: { run: string; outcome: Outcome | 'refused'; error?: ErrorReport } }
  /** Kubernetes was removed with `agent reset`. */
  | { t: 'reset'; body: Record<string, never> }

export interface OutboxEntry {
  seq: number
  message: OutboxMessage
}

export interface Outbox {
  /** Durable when it returns, except for log lines, which reach the disk with the next state event. */
  append(message: OutboxMessage): void
  /** At most `limit` entries above `seq`, oldest first. */
  after(seq: number, limit: number): OutboxEntry[]
  /** Removes the messages up to `seq`, which the controller has stored durably. */
  acknowledge(seq: number): void
  /** The last message that the controller has confirmed; after a restart, as of the last compaction. */
  confirmed(): number
  close(): void
}

/** The position of an entry in the file. Entries are not kept in memory, because there may be many. */
interface Place {
  seq: number
  offset: number
  length: number
  isLog: boolean
}

/** Builds up to 73532b4 do not write `confirmed`. */
interface Numbering {
  next: number
  confirmed?: number
}

const LOG_BYTES = 64 * 1024 * 1024
const COMPACT_BYTES = 1024 * 1024

/**
 * An append-only file: a first line `{"next":N,"confirmed":N}` that keeps both numbers over a compaction, then one entry per line. An
 * incomplete last line, after a power cut, is truncated. Above `logBytes` the oldest log lines are dropped, and a new line
 * has their number.
 */
export function openOutbox(path: string, logBytes: number = LOG_BYTES): Outbox {
  let places: Place[] = []
  let next = 1
  let confirmed = 0
  let file = -1
  let bytes = 0
  load()

  function load(): void {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
    const content = readFileSync(file)
    const end = content.lastIndexOf(0x0a) + 1
    if (end < content.length) ftruncateSync(file, end)
    places = []
    for (let offset = 0; offset < end; ) {
      const length = content.indexOf(0x0a, offset) + 1 - offset
      const record = parse(content.toString('utf8', offset, offset + length - 1))
      if (record && 'next' in record) {
        next = Math.max(next, record.next)
        confirmed = Math.max(confirmed, record.confirmed ?? 0)
      } else if (record) {
        places.push({ seq: record.seq, offset, length, isLog: isLogLine(record.message) })
        next = Math.max(next, record.seq + 1)
      }
      offset += length
    }
    bytes = fstatSync(file).size
  }

  function put(message: OutboxMessage): void {
    const line = Buffer.from(`${JSON.stringify({ seq: next, message })}\n`)
    try {
      if (writeSync(file, line) < line.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
    } catch (error) {
      // A partial line would corrupt the next one.
      ftruncateSync(file, bytes)
      throw error
    }
    places.push({ seq: next, offset: bytes, length: line.length, isLog: isLogLine(message) })
    next += 1
    bytes += line.length
  }

  function lineAt({ offset, length }: Place): string {
    const line = Buffer.alloc(length)
    readSync(file, line, 0, length, offset)
    return line.toString('utf8')
  }

  function keepOnly(kept: Place[]): void {
    const text = [`${JSON.stringify({ next, confirmed })}\n`, ...kept.map(lineAt)].join('')
    closeSync(file)
    writeStateFile(path, text)
    load()
  }

  /** Frees a quarter of the limit, so that not every further line rewrites the file. */
  function dropOldLines(run: string, at: string): void {
    let excess = bytes - logBytes * 0.75
    const kept = places.filter((place) => {
      if (excess <= 0 || !place.isLog) return true
      excess -= place.length
      return false
    })
    const message = `${places.length - kept.length} log lines were dropped here: the controller was unreachable for too long`
    keepOnly(kept)
    put({ t: 'event', body: { run, event: { kind: 'log', at, level: 'warn', message } } })
  }

  return {
    append(message) {
      put(message)
      if (!isLogLine(message)) fdatasyncSync(file)
      else if (bytes > logBytes && message.t === 'event') dropOldLines(message.body.run, message.body.event.at)
    },
    after(seq, limit) {
      const wanted = places.filter((place) => place.seq > seq).slice(0, limit)
      return wanted.map((place) => parse(lineAt(place)) as OutboxEntry)
    },
    acknowledge(seq) {
      places = places.filter((place) => place.seq > seq)
      next = Math.max(next, seq + 1)
      confirmed = Math.max(confirmed, seq)
      const live = places.reduce((sum, { length }) => sum + length, 0)
      if (bytes > COMPACT_BYTES && live < bytes / 2) keepOnly(places)
    },
    confirmed: () => confirmed,
    close: () => closeSync(file),
  }
}

function isLogLine(message: OutboxMessage): boolean {
  return message.t === 'event' && message.body.event.kind === 'log'
}

/** Undefined for a damaged line, whose entry is lost. */
function parse(line: string): OutboxEntry | Numbering | undefined {
  try {
    const record: unknown = JSON.parse(line)
    return isRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

function isRecord(record: unknown): record is OutboxEntry | Numbering {
  const {
    next,
    confirmed = 0,
    seq,
    message,
  } = (record ?? {}) as Partial<Record<'next' | 'confirmed' | 'seq', unknown>> & { message?: Partial<OutboxMessage> }
  if (next !== undefined) return Number.isSafeInteger(next) && Number.isSafeInteger(confirmed)
  if (!Number.isSafeInteger(seq) || !message?.body) return false
  return message.t === 'event' ? typeof message.body.event?.kind === 'string' : message.t !== undefined
}
