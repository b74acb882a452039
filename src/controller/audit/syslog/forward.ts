import type { Socket } from 'node:net'
import * as z from 'zod/mini'
import { readIfThere, writeDurably } from '../../../base/durable-file.ts'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { HasClock, HasLog, HasStore } from '../../ports.ts'
import { openTicks } from '../../ticks.ts'
import { entryOf } from '../../views/audit-page.ts'
import { gapMessage, messageOf, type Sender } from './message.ts'
import type { SyslogTarget } from './target.ts'

/** In the data directory: the number of the last entry that the server has. */
export const POSITION_FILE = 'audit-syslog.json'
const Position = z.object({ number: z.int() })
/** Entries in memory. */
const AT_ONCE = 100
const CONNECT_MS = 10_000
const WRITE_MS = 30_000

type Ports = HasStore & HasLog & Pick<HasClock, 'now'>

/**
 * Sends each entry to the server, in order, from the store: no change waits for it, nothing but one page is in memory, and what could
 * not be sent is sent later, also after a restart. The server confirms nothing (RFC 5425): after a lost connection, the entries since
 * the last pause are sent again, so some arrive twice, with the same number.
 */
export function forwardAudit(
  { store, log, now }: Ports,
  { target, file, everyMs, sender }: { target: SyslogTarget; file: string; everyMs: number; sender: Sender },
): { stop(): Promise<void> } {
  const text = readIfThere(file)
  let confirmed = text === undefined ? 0 : (Position.safeParse(parse(text)).data?.number ?? 0)
  let sent = confirmed
  let socket: Socket | undefined
  let isFailing = false

  const lost = (why: string) => {
    socket?.destroy()
    socket = undefined
    sent = confirmed
    if (!isFailing)
      log(`the audit log is not forwarded to ${target.name}: ${why}; entries from ${sent + 1} on are sent later`)
    isFailing = true
  }
  const open = async () => {
    const opened = await connected(target)
    socket = opened
    opened.on('error', () => undefined)
    // What the server sends is not read, but its end is noticed.
    opened.resume()
    opened.once('close', () => {
      if (socket === opened) lost('the connection was closed')
    })
    if (isFailing) log(`the audit log is forwarded to ${target.name} again, from entry ${sent + 1}`)
    isFailing = false
    return opened
  }
  const step = async () => {
    const page = await store.auditAfter({ after: sent }, AT_ONCE)
    const [first] = page
    if (!first) {
      // The connection has lasted since the last step, so nothing was lost with it.
      if (socket && confirmed !== sent) save(sent)
      return false
    }
    const to = socket ?? (await open())
    if (first.number > sent + 1) {
      log(`entries ${sent + 1} to ${first.number - 1} of the audit log were removed before they were forwarded`)
      await write(to, gapMessage(sent + 1, first.number - 1, now().toISOString(), sender))
    }
    await write(to, Buffer.concat(page.map((record) => messageOf(entryOf(record), sender))))
    sent = page.at(-1)?.number ?? sent
    return page.length === AT_ONCE
  }
  const save = (number: number) => {
    confirmed = number
    writeDurably(file, `${JSON.stringify({ number })}\n`)
  }
  const ticks = openTicks(everyMs, async () => {
    try {
      while (await step());
    } catch (error) {
      lost(errorMessage(error))
    }
  })
  return {
    async stop() {
      await ticks.stop()
      const last = socket
      socket = undefined
      last?.destroySoon()
    },
  }
}

function connected(target: SyslogTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = target.connect(() => {
      socket.setTimeout(0)
      socket.off('error', failed)
      resolve(socket)
    })
    const failed = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.on('error', failed)
    socket.setTimeout(CONNECT_MS, () => failed(new Error('no connection within 10 seconds')))
  })
}

/** Resolves when the system has taken everything. A server that does not read ends the connection. */
function write(socket: Socket, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server does not read')), WRITE_MS)
    socket.write(data, (error) => {
      clearTimeout(timer)
      if (error) reject(error)
      else resolve()
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
