import { createPublicKey, verify } from 'node:crypto'
import * as z from 'zod/mini'
import { readIfThere, writeDurably } from '../../base/durable-file.ts'
import { AuditHead } from '../../protocol/audit/entry.ts'
import type { HasAuthority, HasClock, HasLog, HasStore } from '../ports.ts'
import { byController, contentOf } from './act.ts'

/** In the data directory, and in no backup. */
export const ANCHOR_FILE = 'audit-head.json'

const KIND = 'audit-head'
const Signed = z.object({ payload: z.string(), signature: z.string() })
const Payload = z.object({ kind: z.literal(KIND), ...AuditHead.shape })

/**
 * The head of the audit log, noted outside the store: entries that are removed at the end, or written again, contradict it. Signed
 * with the instruction key, so that whoever can write the file or the database, and has not got the key, cannot adapt both.
 */
export interface Anchor {
  noted(): AuditHead | null
  /** Notes the head, if it has changed. */
  keep(): Promise<void>
}

type Ports = HasStore & HasAuthority & HasLog & Pick<HasClock, 'now'>

/** Compares what was noted with the store: a difference is logged, and has an entry. */
export async function openAnchor(ports: Ports, path: string): Promise<Anchor> {
  const { store, authority, log, now } = ports
  const text = readIfThere(path)
  let noted = text === undefined ? null : read(ports, text)
  if (text !== undefined && !noted) log(`${path} has no valid signature, and is replaced`)
  if (noted) {
    const { number, hash } = noted
    const [found] = await store.auditAfter({ after: number - 1 }, 1)
    const [oldest] = await store.auditAfter({ after: 0 }, 1)
    const isRemoved = oldest !== undefined && oldest.number > number
    if (!isRemoved && (found?.number !== number || found.hash !== hash)) {
      const reason = `this controller had noted the head ${number}:${hash}, which is not in the audit log: it was changed, or the database was restored from an older state`
      log(`AUDIT LOG: ${reason}`)
      const act = byController('compareAuditHead', reason)
      const content = contentOf(act, { at: now().toISOString(), outcome: 'failed', code: 'audit/broken' })
      await store.commit([{ change: 'add-audit-entry', content }])
    }
  }
  return {
    noted: () => noted,
    async keep() {
      const head = await store.auditHead()
      if (!head || (head.number === noted?.number && head.hash === noted.hash)) return
      const signed = authority.signInstruction(JSON.stringify({ kind: KIND, ...head, at: now().toISOString() }))
      writeDurably(path, `${JSON.stringify(signed)}\n`)
      noted = head
    },
  }
}

function read({ authority }: HasAuthority, text: string): AuditHead | null {
  try {
    const { payload, signature } = Signed.parse(JSON.parse(text))
    const keys = [authority.instructionKey, authority.nextInstructionKey].filter((each) => each !== undefined)
    const isOwn = keys.some((key) => {
      const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), type: 'spki', format: 'der' })
      return verify(null, Buffer.from(payload), publicKey, Buffer.from(signature, 'base64'))
    })
    if (!isOwn) return null
    const { number, hash } = Payload.parse(JSON.parse(payload))
    return { number, hash }
  } catch {
    return null
  }
}
