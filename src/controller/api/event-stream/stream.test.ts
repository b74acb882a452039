import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { STREAM_BUFFER_BYTES } from '../limits.ts'
import { limitedWriter } from './stream.ts'

test('a client that does not read is cut off, and this is logged', () => {
  const lines: string[] = []
  const out = new PassThrough()
  const write = limitedWriter({ refused: (_, line) => void lines.push(line) }, out as never, 'alice')
  const event = 'x'.repeat(64 * 1024)
  for (let bytes = 0; bytes < STREAM_BUFFER_BYTES; bytes += event.length) write(event)
  expect(out.destroyed).toBe(false)
  for (let more = 0; more < 2; more++) write(event)
  expect(out.destroyed).toBe(true)
  expect(lines[0]).toBe('ended an event stream of alice, which did not read it')
})
