import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { type Clock, type RetryPolicy, retry } from '../../base/retry.ts'
import { PartFile } from '../../host/linux/files/part-file.ts'
import { isFile } from '../intake/tree.ts'
import { type Digest, digestOf } from '../make/write-hashed.ts'
import { type Http, type Logins, NotFetched, reasonOf } from './http.ts'

const POLICY: RetryPolicy = { firstMs: 500, factor: 2, longestMs: 8_000, tries: 4 }

export interface Transport {
  http: Http
  clock: Clock
  /** For servers that ask for a user and a password. */
  logins?: Logins
}

export interface WantedFile {
  url: string
  path: string
  maxBytes: number
  headers?: Readonly<Record<string, string>>
  /** What the file must be. Only then an existing file is kept, and an interrupted download continues. */
  sha256?: string | undefined
}

/** Downloads a file. Throws NotFetched. An existing file with the wanted hash is kept. */
export async function fetchFile(transport: Transport, wanted: WantedFile): Promise<Digest> {
  const { path, sha256 } = wanted
  if (sha256 !== undefined && (await isFile(path))) {
    const kept = await digestOf(createReadStream(path, { highWaterMark: 1024 * 1024 }))
    if (kept.sha256 === sha256) return kept
  }
  await mkdir(dirname(path), { recursive: true })
  const part = await PartFile.open(`${path}.part`)
  try {
    const resumed = part.length > 0
    await fill(part, transport, wanted)
    if (resumed && sha256 !== undefined && (await part.sha256()) !== sha256) {
      await part.startAgain()
      await fill(part, transport, wanted)
    }
    const found = { size: part.length, sha256: await part.sha256() }
    if (sha256 !== undefined && found.sha256 !== sha256) {
      await part.discard()
      throw new NotFetched(`its sha256 is ${found.sha256}; wanted ${sha256}`, 'permanent')
    }
    await part.finish(path, 0o644)
    return found
  } finally {
    await part.close()
  }
}

/** The content of a small file. Throws NotFetched. */
export async function fetchBytes({ http, clock }: Transport, wanted: Omit<WantedFile, 'path'>): Promise<Buffer> {
  return retry(POLICY, () => readOnce(http, wanted), { clock, mayPass })
}

/** Undefined if the server has no such file. */
export async function fetchIfThere(
  transport: Transport,
  wanted: Omit<WantedFile, 'path'>,
): Promise<Buffer | undefined> {
  return fetchBytes(transport, wanted).catch((error: unknown) => {
    if (error instanceof NotFetched && error.isAbsent) return undefined
    throw error
  })
}

async function readOnce(http: Http, { url, headers = {}, maxBytes }: Omit<WantedFile, 'path'>): Promise<Buffer> {
  const answer = await http.get(url, headers)
  if (answer.status !== 200) await refuse(answer)
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of received(answer.body)) {
    length += piece.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The attempts count from the last received byte, if what was received is kept. */
async function fill(part: PartFile, { http, clock }: Transport, wanted: WantedFile): Promise<void> {
  for (;;) {
    const before = part.length
    try {
      return await retry(POLICY, () => fillOnce(part, http, wanted), { clock, mayPass })
    } catch (error) {
      if (wanted.sha256 === undefined || !mayPass(error) || part.length <= before) throw error
    }
  }
}

async function fillOnce(part: PartFile, http: Http, wanted: WantedFile): Promise<void> {
  const { url, headers = {}, maxBytes, sha256 } = wanted
  if (part.length > 0 && sha256 === undefined) await part.startAgain()
  if (part.length > 0 && (await part.sha256()) === sha256) return
  const from = part.length
  const answer = await http.get(url, from === 0 ? headers : { ...headers, range: `bytes=${from}-` })
  const continues = answer.status === 206 && String(answer.headers['content-range']).startsWith(`bytes ${from}-`)
  if (!continues) {
    if (from > 0) await part.startAgain()
    if (from > 0 && (answer.status === 206 || answer.status === 416)) {
      await answer.drop()
      throw new NotFetched(`answered ${answer.status} with another range`, 'transient')
    }
    if (answer.status !== 200) await refuse(answer)
  }
  try {
    for await (const piece of received(answer.body)) {
      if (part.length + piece.length > maxBytes) {
        await part.discard()
        throw tooLarge(maxBytes)
      }
      await part.add(piece)
    }
  } finally {
    await part.flush()
  }
}

async function* received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (cause) {
    if (cause instanceof AgentError || cause instanceof NotFetched) throw cause
    throw new NotFetched(`ended early: ${reasonOf(cause)}`, 'transient', cause)
  }
}

async function refuse({ status, drop }: Awaited<ReturnType<Http['get']>>): Promise<never> {
  await drop()
  throw new NotFetched(`answered ${status}`, stateOf(status))
}

/** Stores of objects answer 403 for a file that they do not have. */
function stateOf(status: number): 'transient' | 'permanent' | 'absent' {
  if (status >= 500 || status === 429 || status === 408) return 'transient'
  return [403, 404, 410].includes(status) ? 'absent' : 'permanent'
}

const tooLarge = (maxBytes: number) => new NotFetched(`has more than ${maxBytes} bytes`, 'permanent')
const mayPass = (error: unknown) => error instanceof NotFetched && error.isTransient
