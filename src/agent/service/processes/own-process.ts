import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Self } from '../../self.ts'

const SAID_CHARS = 2_000

export interface OwnProcessOptions<Message> {
  /** Called with each line of its stdout that is a JSON object. Other lines are ignored. */
  onMessage?(message: Message): void
  /** Ends it with SIGTERM, and with SIGKILL `graceMs` later. */
  signal?: AbortSignal
  graceMs?: number
}

export interface OwnProcessEnd {
  /** Whether it ended with exit code 0. */
  isDone: boolean
  /** Such as "it ended with exit code 3", or why it could not be started. */
  how: string
  /** The end of its stderr. */
  said: string
}

/** Starts this program again with these arguments, and waits for its end. Never rejects. */
export function ownProcess<Message>(
  self: Self,
  argv: readonly string[],
  options: OwnProcessOptions<Message> = {},
): Promise<OwnProcessEnd> {
  return run(self, argv, options).catch((error: unknown) => ({ isDone: false, how: String(error), said: '' }))
}

async function run<Message>(
  [command, ...before]: Self,
  argv: readonly string[],
  { onMessage, signal, graceMs = 0 }: OwnProcessOptions<Message>,
): Promise<OwnProcessEnd> {
  const child = spawn(command, [...before, ...argv], { stdio: ['ignore', onMessage ? 'pipe' : 'ignore', 'pipe'] })
  let killTimer: NodeJS.Timeout | undefined
  const end = () => {
    child.kill('SIGTERM')
    killTimer ??= setTimeout(() => child.kill('SIGKILL'), graceMs)
  }
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end)
  eachLine(child.stdout, (line) => {
    const message = objectIn(line)
    if (message !== undefined) onMessage?.(message as Message)
  })
  let said = ''
  eachLine(child.stderr, (line) => {
    said = `${said}${line}\n`.slice(-SAID_CHARS)
  })
  const how = await new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message))
    child.on('close', (code, killedBy) => resolve(`it ended with ${killedBy ?? `exit code ${code}`}`))
  })
  clearTimeout(killTimer)
  signal?.removeEventListener('abort', end)
  return { isDone: child.exitCode === 0, how, said: said.trim() }
}

/** The output of a child is undefined, against its type, if no process could be started because too many files are open. */
export function eachLine(output: Readable | null | undefined, onLine: (line: string) => void): void {
  if (output) createInterface({ input: output }).on('line', onLine)
}

function objectIn(line: string): object | undefined {
  try {
    const found: unknown = JSON.parse(line)
    return typeof found === 'object' && found !== null ? found : undefined
  } catch {
    return undefined
  }
}
