import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** OWASP's recommendation: 19 MiB, 2 passes. About 35 ms of one core. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const TAG_BYTES = 32
const STORED = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([\w+/]{22})\$([\w+/]{43})$/

const derive = promisify(argon2)

async function tagOf(password: string, nonce: Buffer, cost: typeof COST): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'))
  return derive('argon2id', { message, nonce, tagLength: TAG_BYTES, ...cost })
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** In the PHC string format. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await tagOf(password, nonce, COST)
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(nonce)}$${base64(tag)}`
}

/** Without a stored hash, takes as long as with one, and is false: nobody learns which accounts exist. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, nonce, tag] = STORED.exec(stored ?? '') ?? []
  const cost =
    memory === undefined ? COST : { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const found = await tagOf(password, Buffer.from(nonce ?? base64(Buffer.alloc(16)), 'base64'), cost)
  return timingSafeEqual(found, Buffer.from(tag ?? base64(Buffer.alloc(TAG_BYTES)), 'base64')) && tag !== undefined
}
