import type { Operation } from '../../protocol/wire/operation.ts'

/** What an order of the controller says about the new executable. */
export type UpdateOrder = Pick<
  Extract<Operation, { operation: 'update-agent' }>,
  'version' | 'sha256' | 'size' | 'attempt'
>

/** The last update of this node, as far as it got. `swapped` is written just before the executable is replaced. */
export interface UpdateRecord {
  format: 1
  sha256: string
  attempt: number
  reached: 'checked' | 'swapped'
  /** ISO 8601. */
  at: string
}

export function recordText(record: UpdateRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** A damaged record says nothing. */
export function parseRecord(text: string | undefined): UpdateRecord | undefined {
  if (text === undefined) return undefined
  try {
    const record = JSON.parse(text) as UpdateRecord | null
    return record?.format === 1 ? record : undefined
  } catch {
    return undefined
  }
}

/** Whether the record is of this try of this executable. */
export function isOf(record: UpdateRecord | undefined, { sha256, attempt }: UpdateOrder): record is UpdateRecord {
  return record?.sha256 === sha256 && record.attempt === attempt
}
