import type { AuditChange, AuditEntry } from '../../../protocol/audit/entry.ts'

/** `bob`, `token ci`, `rule of the controller`. */
export const whoText = ({ who }: AuditEntry): string =>
  who.kind === 'account' || who.kind === 'administrator' ? who.name : `${who.kind} ${who.name}`.trim()

export function targetText({ target: { cluster, node } }: AuditEntry): string {
  return [cluster === null ? '' : `cluster ${cluster}`, node === null ? '' : `node ${node}`].filter(Boolean).join(', ')
}

export const outcomeText = ({ outcome, code, count }: AuditEntry): string =>
  [outcome, code, count > 1 ? `${count} times` : null].filter((each) => each !== null).join(', ')

/** One record that was changed, with the fields before and after. */
export function changeText({ record, id, name, change, fields }: AuditChange): string {
  const parts = Object.entries(fields).map(([field, { before, after }]) => {
    if (before === undefined) return `${field} ${plain(after)}`
    if (after === undefined) return `${field} was ${plain(before)}`
    return `${field} ${plain(before)} → ${plain(after)}`
  })
  const head = `${record} ${name ?? id} ${change}`
  return parts.length === 0 ? head : `${head}: ${parts.join(', ')}`
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

export const changesText = ({ changes, omitted }: AuditEntry): string =>
  [...changes.map(changeText), ...(omitted > 0 ? [`${omitted} more`] : [])].join('; ')
