import type { Duplex } from 'node:stream'

/** Makes the stream write at most so many bytes at a time. TLS gives it all of what was written with one call. */
export function inPieces(stream: Duplex, most: number): Duplex {
  const write = stream._write.bind(stream)
  stream._write = (chunk: Buffer, encoding, done) => {
    const writeFrom = (at: number): void => {
      const next = at + most
      write(chunk.subarray(at, next), encoding, (error) =>
        error || next >= chunk.length ? done(error) : writeFrom(next),
      )
    }
    writeFrom(0)
  }
  return stream
}
