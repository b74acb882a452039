import { beforeEach, expect, test } from 'vitest'
import type { OutboxEntry } from '../outbox.ts'
import { sendWindow, type Window } from './window.ts'

let entries: OutboxEntry[]
let forgottenUpTo: number
let sent: number[]
let isFull: boolean
let window: Window

const reset = { t: 'reset', body: {} } as const
const append = (count: number) => {
  for (let each = 0; each < count; each++) entries.push({ seq: entries.length + 1, message: reset })
}

beforeEach(() => {
  entries = []
  forgottenUpTo = 0
  sent = []
  isFull = false
  window = sendWindow({
    outbox: {
      after: (seq, limit) => entries.filter((entry) => entry.seq > seq).slice(0, limit),
      acknowledge(seq) {
        forgottenUpTo = seq
      },
    },
    send: (_, seq) => void sent.push(seq),
    isFull: () => isFull,
  })
})

test('sends nothing before the controller has reported which messages it has', () => {
  append(3)
  window.pump()
  expect(sent).toEqual([])
  window.open(1)
  window.pump()
  expect([sent, forgottenUpTo]).toEqual([[2, 3], 1])
})

test('each message is sent once', () => {
  window.open(0)
  append(2)
  window.pump()
  window.pump()
  append(1)
  window.pump()
  expect(sent).toEqual([1, 2, 3])
})

test('at most 128 messages wait for their acknowledgement, which makes room', () => {
  append(400)
  window.open(0)
  window.pump()
  expect(sent).toHaveLength(128)
  window.acknowledged(100)
  expect([sent.length, sent.at(-1), forgottenUpTo]).toEqual([228, 228, 100])
})

test('an acknowledgement that is older than the last changes nothing', () => {
  append(200)
  window.open(0)
  window.pump()
  window.acknowledged(50)
  window.acknowledged(20)
  expect([sent.length, forgottenUpTo]).toEqual([178, 50])
})

test('a connection that takes no more is not written to until there is room', () => {
  append(5)
  window.open(0)
  isFull = true
  window.pump()
  expect(sent).toEqual([])
  isFull = false
  window.pump()
  expect(sent).toEqual([1, 2, 3, 4, 5])
})
