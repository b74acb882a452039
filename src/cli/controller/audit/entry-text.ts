import { escapeControls } from '../../../base/text/printable.ts'
import type { AuditChange, AuditEntry } from '../../../protocol/audit/entry.ts'
import { localTime } from '../../kit/output.ts'

/**
 * The line of an entry. Names and addresses come from clients, also from those that were refused: control characters, and those that
 * change the direction of text, are escaped.
 */
export function entryLine(entry: AuditEntry): string {
  const { number, at, who, address, action, target, outcome, code, count, reason, changes, omitted } = entry
  const from = address === null ? '' : ` from ${address}`
  const names = [target.cluster && `cluster ${target.cluster}`, target.node && `node ${target.node}`]
  const on =
    names.filter((each) => each !== null && each !== '').join(', ') || (target.nodeId ? `node ${target.nodeId}` : '')
  const result = code === null ? outcome : `${outcome} ${code}`
  const parts = [
    `${localTime(at)}  #${number}`,
    `${who.kind}${who.kind === 'controller' || who.name === '' ? '' : ` ${who.name}`}${from}`,
    on === '' ? action : `${action} ${on}`,
    count > 1 ? `${result} (${count} times)` : result,
  ]
  const details = [
    ...changes.map(changeText),
    ...(omitted > 0 ? [`and ${omitted} more records`] : []),
    ...(reason === null ? [] : [reason]),
  ]
  return visible([...parts, ...(details.length > 0 ? [details.join('; ')] : [])].join('  '))
}

function changeText({ record, id, name, change, fields }: AuditChange): string {
  const values = Object.entries(fields).map(([field, { before, after }]) => {
    if (before === undefined) return `${field} ${valueText(after)}`
    return after === undefined
      ? `${field} was ${valueText(before)}`
      : `${field} ${valueText(before)} → ${valueText(after)}`
  })
  return `${record} ${name ?? id} ${change}${values.length > 0 ? `: ${values.join(', ')}` : ''}`
}

const valueText = (value: unknown) => (typeof value === 'string' ? value || "''" : JSON.stringify(value))

/** Also line breaks: an entry is one line. */
const visible = (text: string) => escapeControls(text).replaceAll('\n', '\\n')
