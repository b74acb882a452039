import { open, stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { AgentError } from '../../base/agent-error.ts'

export interface Position {
  inode: number
  offset: number
}

/** The last `count` matching lines of the log and its rotated parts, and where the log ends now. */
export async function readTail(
  path: string,
  count: number,
  isWanted: (line: string) => boolean,
): Promise<{ lines: string[]; end: Position }> {
  let lines: string[] = []
  let end: Position | undefined
  for (const part of [path, `${path}.1`, `${path}.2`, `${path}.3`]) {
    const read = await readPart(part)
    end ??= read?.end
    if (!read || lines.length >= count) break
    lines = [...read.text.split('\n').filter((line) => line !== '' && isWanted(line)), ...lines]
  }
  if (!end) throw noLog(path)
  return { lines: count === 0 ? [] : lines.slice(-count), end }
}

/** Calls `onLine` for each new line, also after rotations, until the signal; then rejects with the signal's reason. */
export async function followFile(
  path: string,
  from: Position,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<never> {
  let position = from
  let rest = ''
  for (;;) {
    const now = await stat(path).catch(() => undefined)
    if (now && (now.ino !== position.inode || now.size < position.offset)) position = { inode: now.ino, offset: 0 }
    if (now && now.size > position.offset) {
      const text = await readFrom(path, position.offset, now.size)
      position = { inode: now.ino, offset: now.size }
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(onLine)
    }
    await setTimeout(250, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function readPart(path: string): Promise<{ text: string; end: Position } | undefined> {
  try {
    const { ino, size } = await stat(path)
    return { text: await readFrom(path, 0, size), end: { inode: ino, offset: size } }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code !== 'EACCES') throw error
    throw new AgentError('logs/not-allowed', `only root can read ${path}`, {
      fix: 'sudo agent logs',
      kind: 'invalid',
    })
  }
}

async function readFrom(path: string, start: number, end: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function noLog(path: string): AgentError {
  return new AgentError('logs/none', `${path} does not exist: the agent has not run on this machine`, {
    fix: 'agent status',
    kind: 'invalid',
  })
}
