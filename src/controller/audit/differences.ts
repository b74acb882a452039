import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { shorten } from '../../base/text/shorten.ts'
import type { AuditChange } from '../../protocol/audit/entry.ts'
import type { Change } from '../domain/change.ts'
import type { Store } from '../store/port.ts'
import { cleaned } from './cleaned.ts'
import type { Treatment } from './fields.ts'
import { AUDITED, merged, type Touched, touchedBy } from './touched.ts'

const MAX_TEXT_BYTES = 1_024
/** Of a field: what one request changes must not fill the log, whose oldest entries are removed then. */
const MAX_FIELD_BYTES = 4_096

/** What a commit of these changes changes, for the audit log: the present values are read from the store. */
export async function differencesOf(store: Store, changes: readonly Change[]): Promise<AuditChange[]> {
  const found: AuditChange[] = []
  for (const touched of allTouchedBy(changes)) {
    const { record, id, change } = touched
    const before = change === 'added' ? undefined : await AUDITED[record].read(store, id)
    found.push(...differenceOf(touched, before))
  }
  return found
}

/** The changes that concern a record, each with the value before. */
export function differencesFrom(
  before: (record: Touched['record'], id: string) => object | undefined,
  changes: readonly Change[],
): AuditChange[] {
  return allTouchedBy(changes).flatMap((touched) => differenceOf(touched, before(touched.record, touched.id)))
}

const allTouchedBy = (changes: readonly Change[]) => merged(changes.flatMap((each) => touchedBy(each) ?? []))

function differenceOf({ record, id, change, to }: Touched, before: object = {}): AuditChange[] {
  const after = change === 'removed' ? {} : { ...before, ...to }
  const fields = differing(AUDITED[record].fields, before, after)
  if (change === 'changed' && Object.keys(fields).length === 0) return []
  return [{ record, id, name: nameIn({ ...before, ...to }), change, fields }]
}

type Values = Readonly<Record<string, unknown>>

function differing(fields: object, before: object, after: object): AuditChange['fields'] {
  const shown = Object.entries<Treatment<unknown>>(fields as Record<string, Treatment<unknown>>).flatMap(
    ([field, treatment]) => {
      if (treatment === 'ignored') return []
      const [was, is] = [before, after].map((values) => {
        const value = (values as Values)[field]
        if (value === undefined) return undefined
        return cleaned(treatment === 'value' ? value : treatment(value), MAX_TEXT_BYTES)
      })
      if (isDeepStrictEqual(was ?? null, is ?? null)) return []
      const values = {
        ...(was !== undefined && { before: limited(was) }),
        ...(is !== undefined && { after: limited(is) }),
      }
      return [[field, values] as const]
    },
  )
  return Object.fromEntries(shown)
}

/** The value, or of a long one its ends, its size and its hash, which tells whether two are the same. */
function limited(value: unknown): unknown {
  const text = JSON.stringify(value) ?? ''
  const bytes = Buffer.byteLength(text)
  if (bytes <= MAX_FIELD_BYTES) return value
  return `${shorten(text, MAX_TEXT_BYTES)} (${bytes} bytes, SHA-256 ${createHash('sha256').update(text).digest('hex')})`
}

/** Of an enrolment or a run: the id of its node. */
function nameIn(values: Values): string | null {
  const name = values.name ?? values.nodeId
  return typeof name === 'string' ? name : null
}
