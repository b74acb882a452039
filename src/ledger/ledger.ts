/**
 * The journal of the changes to this machine.
 *
 *   run-begun → (started → change* → done)* → ended      and later, newest first: undone*
 *
 * A change is recorded on disk before it is made. After a crash there is `started` without `done`: the step is checked
 * and run again. Records are never rewritten, except to move damaged ones to another file, which is reported.
 */
import type { DurableLog } from '../host/durable-log.ts'
import { AppendQueue } from './append-queue.ts'
import type { Entry, Numbered } from './entry.ts'
import { type Decoded, decodeRecords, encodeRecord, missingRecords } from './record-format.ts'

export interface Ledger {
  entries(): readonly Numbered[]
  /** Durable when it resolves. Records that are queued together share a sync. An error is fatal: the run must end. */
  append(entry: Entry): Promise<Numbered>
  /** Keeps the order of records, but is durable only with the next `append`: for records that a crash may lose. */
  note(entry: Entry): void
  /** Messages about damage that was found on opening. */
  readonly repairs: readonly string[]
  close(): Promise<void>
}

export async function openLedger(log: DurableLog): Promise<Ledger> {
  const decoded = decodeRecords(await log.read())
  const { entries } = decoded
  const queue = new AppendQueue(log)
  let seq = entries.at(-1)?.seq ?? 0

  async function push(entry: Entry, sync: boolean): Promise<Numbered> {
    seq += 1
    const numbered = { ...entry, seq }
    entries.push(numbered)
    await queue.push(encodeRecord(numbered), sync)
    return numbered
  }

  const { repairs, damage } = await repair(log, decoded)
  if (damage !== undefined) await push(damage, true)

  return {
    entries: () => entries,
    repairs,
    append: (entry) => push(entry, true),
    note(entry) {
      // After an error the log refuses every write, so the next append throws the error.
      push(entry, false).catch(() => undefined)
    },
    async close() {
      await queue.settled()
      await log.close()
    },
  }
}

async function repair(log: DurableLog, { entries, good, damaged, torn }: Decoded) {
  const repairs: string[] = []
  let file: string | undefined
  if (torn.length > 0 || damaged.length > 0) {
    file = await log.replace(good, Buffer.concat([damaged, torn]))
    if (torn.length > 0) repairs.push(`the last record of the ledger is incomplete; moved it to ${file}`)
    if (damaged.length > 0) repairs.push(`${damaged.length} bytes of the ledger are damaged; moved them to ${file}`)
  }
  const missing = missingRecords(entries)
  const known = entries.findLast((entry) => entry.kind === 'damage')?.missing ?? 0
  if (missing > known) repairs.push(`${missing - known} records of the ledger are missing: an undo may be incomplete`)
  if (missing <= known && damaged.length === 0) return { repairs }
  const damage: Entry = { kind: 'damage', missing, ...(file !== undefined && { file }) }
  return { repairs, damage }
}
