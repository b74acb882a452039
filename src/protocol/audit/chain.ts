import { createHash } from 'node:crypto'
import { type AuditChange, type AuditEntry, type AuditHead, RETENTION_ACTION } from './entry.ts'

/** The `previous` of the first entry. */
export const GENESIS = '0'.repeat(64)

/**
 * SHA-256 of the hash before, a line break, and the canonical JSON of the entry with its number: keys sorted by UTF-16 code units,
 * no white space, strings and numbers as JSON.stringify writes them (like RFC 8785).
 */
export function hashOf(previous: string, number: number, content: object): string {
  return createHash('sha256')
    .update(`${previous}\n${canonical({ ...content, number })}`)
    .digest('hex')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined)
  const sorted = pairs.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

/** Why a chain is not what the controller wrote. `number`: of the first entry that is not as it was. */
export interface ChainFault {
  number: number
  reason: string
}

export interface ChainCheck {
  /** In the order of their numbers. Returns the first fault so far. */
  add(entry: AuditEntry): ChainFault | undefined
  /** After the last entry. */
  end(): { fault: ChainFault | undefined; count: number; first: number; head: AuditHead | null }
}

/**
 * Checks entries one after another. The oldest entries may be missing if a later entry says that they were removed because of their
 * age or size, and up to which hash. `noted`: heads that somebody noted, each of which must be in the chain.
 */
export function openChainCheck(noted: readonly AuditHead[] = []): ChainCheck {
  let fault: ChainFault | undefined
  let last: AuditHead | null = null
  let first = 0
  let count = 0
  /** What came before the first entry, until an entry says that it was removed. */
  let unexplained: AuditHead | undefined
  const found = new Set<AuditHead>()
  const fail = (number: number, reason: string) => {
    fault ??= { number, reason }
    return fault
  }
  const check = (entry: AuditEntry) => {
    const { number, previous, hash, ...content } = entry
    const next = last ? last.number + 1 : number
    if (number > next)
      return fail(next, number - next === 1 ? 'it is missing' : `entries ${next} to ${number - 1} are missing`)
    if (number < next) return fail(number, 'it is there twice, or not in its place')
    if (last && previous !== last.hash)
      return fail(number, 'it does not follow from the entry before: one of the two was changed')
    if (hashOf(previous, number, content) !== hash) return fail(number, 'it was changed')
    return undefined
  }
  const begin = ({ number, previous }: AuditEntry) => {
    if (last) return undefined
    first = number
    if (number > 1) unexplained = { number: number - 1, hash: previous }
    return number === 1 && previous !== GENESIS ? fail(1, 'it is not the first entry that was written') : undefined
  }
  return {
    add(entry) {
      if (fault) return fault
      if (check(entry) ?? begin(entry)) return fault
      const { number, hash } = entry
      if (unexplained && removedIn(entry, unexplained)) unexplained = undefined
      for (const each of noted) if (each.number === number && each.hash === hash) found.add(each)
      last = { number, hash }
      count++
      return undefined
    },
    end() {
      if (!fault && unexplained)
        fail(
          unexplained.number,
          `entries 1 to ${unexplained.number} are missing, and no entry says that they were removed`,
        )
      for (const each of noted) {
        if (fault || found.has(each)) continue
        // Removed because of its age, which the chain itself says.
        if (each.number < first) continue
        const isAfter = each.number > (last?.number ?? 0)
        if (isAfter)
          fail((last?.number ?? 0) + 1, `entry ${each.number} was noted as the head: entries at the end are missing`)
        else fail(each.number, 'its hash is another one than was noted: the log was written again')
      }
      return { fault, count, first, head: last }
    },
  }
}

export function removal(upTo: AuditHead): AuditChange {
  const fields = { removedUpTo: { after: upTo.number }, hash: { after: upTo.hash } }
  return { record: 'entries', id: String(upTo.number), name: null, change: 'removed', fields }
}

function removedIn({ action, changes }: AuditEntry, { number, hash }: AuditHead): boolean {
  if (action !== RETENTION_ACTION) return false
  return changes.some(({ fields }) => fields.removedUpTo?.after === number && fields.hash?.after === hash)
}
