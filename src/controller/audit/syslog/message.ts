import { escapeControls } from '../../../base/text/printable.ts'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'

/** `log audit` of RFC 5424, 6.2.1. */
const FACILITY = 13
const SEVERITY = { done: 6, begun: 6, refused: 4, failed: 3 } as const

export interface Sender {
  hostname: string
  pid: number
}

/**
 * The syslog message of an entry (RFC 5424), framed by its length (RFC 5425, 4.3.1): the text is the entry as JSON, as
 * `controller audit export` writes it, so the chain can be verified from what the server keeps.
 */
export function messageOf(entry: AuditEntry, sender: Sender): Buffer {
  return framed(FACILITY * 8 + SEVERITY[entry.outcome], entry.at, entry.action, JSON.stringify(entry), sender)
}

/** Entries that were removed before they could be sent. */
export function gapMessage(from: number, to: number, at: string, sender: Sender): Buffer {
  const text = JSON.stringify({ gap: { from, to }, reason: 'removed by retention before they could be sent' })
  return framed(FACILITY * 8 + SEVERITY.refused, at, 'gap', text, sender)
}

function framed(priority: number, at: string, id: string, text: string, { hostname, pid }: Sender): Buffer {
  const message = `<${priority}>1 ${at} ${hostname} cantrip-controller ${pid} ${id.slice(0, 32)} - ${escapeControls(text)}`
  return Buffer.concat([Buffer.from(`${Buffer.byteLength(message)} `), Buffer.from(message)])
}
