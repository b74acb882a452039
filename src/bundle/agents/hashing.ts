import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** Passes bytes on, and tells their number and SHA-256 sum at the end. */
export function hashing(): { pass: Transform; result(): { size: number; sha256: string } } {
  const hash = createHash('sha256')
  let size = 0
  const pass = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { pass, result: () => ({ size, sha256: hash.digest('hex') }) }
}
