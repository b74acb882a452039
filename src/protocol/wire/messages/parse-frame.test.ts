import { expect, it } from 'vitest'
import { DownFrame, UpFrame } from '../frames.ts'
import { parseFrame } from './parse-frame.ts'

const frame = (change: object) => JSON.stringify({ v: 1, t: 'ack', id: 'x', seq: 0, ack: 0, body: {}, ...change })

it('parses a message of the direction', () => {
  expect(parseFrame(UpFrame, frame({}))).toEqual({ frame: JSON.parse(frame({})) })
  expect(parseFrame(DownFrame, frame({ t: 'drain', body: { spreadMs: 1 } }))).toHaveProperty('frame')
})

it.each([
  ['no JSON', 'hello?', /^message: /],
  ['nested too deep', '['.repeat(40), /^nested too deep$/],
  ['an unknown type', frame({ t: 'exec' }), /^t: /],
  ['a type of the other direction', frame({ t: 'drain', body: { spreadMs: 1 } }), /^t: /],
  ['a key more', frame({ sudo: 1 }), /^message: /],
  ['a key more in what it carries', frame({ body: { sudo: 1 } }), /^body: /],
  ['another version', frame({ v: 2 }), /^v: /],
  ['a number that is none', frame({ seq: -1 }), /^seq: /],
])('says what is wrong with %s', (_, text, problem) => {
  expect(parseFrame(UpFrame, text)).toEqual({ problem: expect.stringMatching(problem) })
})
