import { createInterface } from 'node:readline'
import { InvalidArgumentError } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { openChainCheck } from '../../../protocol/audit/chain.ts'
import { AuditEntry, type AuditHead } from '../../../protocol/audit/entry.ts'
import type { AdminClient } from '../session/client.ts'
import { openFile } from './open-file.ts'
import { pagesOf } from './pages.ts'

export interface Verified {
  entries: number
  /** Of the first and the last entry; null if there are none. */
  first: number | null
  head: AuditHead | null
}

/** Parses NUMBER:HASH. */
export function headOf(text: string): AuditHead {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError('It must be NUMBER:HASH, as controller audit verify prints it.')
  return { number: Number(number), hash }
}

/**
 * Reads all entries, and computes their hashes here: the controller is not trusted. `noted`: heads that were noted elsewhere; the one
 * that the controller has noted is compared too. Throws `audit/broken` with the first number that is not as it was.
 */
export async function verifyLog(client: AdminClient, noted: readonly AuditHead[]): Promise<Verified> {
  const pages = pagesOf(client, {})
  const first = await pages.next()
  const own = first.value?.noted
  const check = openChainCheck([...noted, ...(own ? [own] : [])])
  for (const entry of first.value?.entries ?? []) check.add(entry)
  for await (const { entries } of pages) for (const entry of entries) check.add(entry)
  return resultOf(check, 'the audit log')
}

/**
 * Like verifyLog, for a file that controller audit export wrote, or one with the messages of a syslog server: what is before the JSON
 * is ignored, and an entry that was sent again counts once.
 */
export async function verifyFile(path: string, noted: readonly AuditHead[]): Promise<Verified> {
  const check = openChainCheck(noted)
  const hashes = new Map<number, string>()
  const input = path === '-' ? process.stdin : (await openFile(path, 'r')).createReadStream()
  let line = 0
  for await (const text of createInterface({ input })) {
    line++
    if (text === '' || text.includes('{"gap":')) continue
    const entry = entryIn(text.slice(text.indexOf('{')), path, line)
    if (hashes.get(entry.number) === entry.hash) continue
    hashes.set(entry.number, entry.hash)
    check.add(entry)
  }
  return resultOf(check, path)
}

function entryIn(text: string, path: string, line: number): AuditEntry {
  try {
    return AuditEntry.parse(JSON.parse(text))
  } catch (cause) {
    throw new AgentError('audit/invalid-file', `line ${line} of ${path} is no entry of an audit log`, {
      fix: 'pass a file that controller audit export wrote',
      kind: 'invalid',
      cause,
    })
  }
}

function resultOf(check: ReturnType<typeof openChainCheck>, what: string): Verified {
  const { fault, count, first, head } = check.end()
  if (!fault) return { entries: count, first: count === 0 ? null : first, head }
  throw new AgentError(
    'audit/broken',
    `${what} is not as it was written, from number ${fault.number}: ${fault.reason}`,
    {
      fix: 'compare it with an earlier export, a backup or the syslog server; entries before this number are as they were written',
      kind: 'unfit',
    },
  )
}
