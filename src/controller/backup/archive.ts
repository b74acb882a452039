import type { Entry } from '../store/entries.ts'
import { damaged } from './errors.ts'

/** What a backup says of itself; its first line. */
export interface About {
  createdAt: string
  /** The build that wrote it. */
  version: string
  /** Bundles of the controller that are not in the backup. */
  bundlesLeftOut: { name: string; manifestSha256: string }[]
}

export interface FileHead {
  /** Relative to the data directory. */
  path: string
  mode: number
  size: number
}

/** A part of the content of a backup. The content of a file must be read before the next part. */
export type Part =
  | { about: About }
  | { file: FileHead; content: AsyncIterable<Buffer> | Iterable<Buffer> }
  | { entry: Entry }
  /** The last one. */
  | { end: true }

const MAX_LINE_BYTES = 256 * 2 ** 20
const LINE_END = 0x0a

/** Parts as lines of JSON; the content of a file follows its line as it is. */
export async function* writeParts(parts: AsyncIterable<Part>): AsyncGenerator<Buffer> {
  for await (const part of parts) {
    const { content, ...head } = 'content' in part ? part : { content: [], ...part }
    yield Buffer.from(`${JSON.stringify(head)}\n`)
    yield* content
  }
}

export async function* readParts(bytes: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const reader = readerOf(bytes)
  for (;;) {
    const line = await reader.line()
    if (line === undefined) throw damaged('its content has no end')
    const part = parse(line)
    if (!('file' in part)) {
      yield part
      if (!('end' in part)) continue
      if ((await reader.line()) !== undefined) throw damaged('there is content after its end')
      return
    }
    const content = reader.bytes(part.file.size)
    yield { ...part, content }
    for await (const _ of content);
  }
}

function parse(line: string): Part {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw damaged('a line of its content is no JSON', cause)
  }
}

function readerOf(bytes: AsyncIterable<Buffer>) {
  const source = bytes[Symbol.asyncIterator]()
  let ahead: Buffer = Buffer.alloc(0)
  const more = async () => {
    const { done, value } = await source.next()
    ahead = done ? Buffer.alloc(0) : value
    return !done
  }
  return {
    /** Undefined at the end. */
    async line(): Promise<string | undefined> {
      const parts: Buffer[] = []
      let size = 0
      for (;;) {
        const at = ahead.indexOf(LINE_END)
        parts.push(at < 0 ? ahead : ahead.subarray(0, at))
        size += parts.at(-1)?.length ?? 0
        if (size > MAX_LINE_BYTES) throw damaged('a line of its content is too long')
        if (at >= 0) {
          ahead = ahead.subarray(at + 1)
          return Buffer.concat(parts).toString('utf8')
        }
        if (await more()) continue
        if (size > 0) throw damaged('its last line is incomplete')
        return undefined
      }
    },
    async *bytes(count: number): AsyncGenerator<Buffer> {
      for (let left = count; left > 0; ) {
        if (ahead.length === 0 && !(await more())) throw damaged('a file in it is incomplete')
        const part = ahead.subarray(0, left)
        ahead = ahead.subarray(part.length)
        left -= part.length
        yield part
      }
    },
  }
}
