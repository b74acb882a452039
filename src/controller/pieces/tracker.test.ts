import { expect, test } from 'vitest'
import { type Asking, GONE_MS, Tracker } from './tracker.ts'

const ALL = [0, 1, 2, 3, 4, 5, 6, 7]

/** A tracker with a clock, of nodes that want all pieces. */
function open() {
  const tracker = new Tracker(() => 0)
  let nowMs = 0
  const ask = (node: string, { have = [], ...asking }: Partial<Asking> = {}) =>
    tracker.ask(
      {
        ...{ node, isHolder: true, have, failed: [], free: 6 },
        ...{ want: ALL.filter((piece) => !have.includes(piece)), ...asking },
      },
      nowMs,
    )
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { tracker, ask, pass }
}

test('the controller sends each piece once, and the others get it from the node that has it', () => {
  const { ask } = open()
  expect(ask('a')).toEqual([{ piece: 0 }])
  expect(ask('b')).toEqual([{ piece: 1 }])
  expect(ask('c', { want: [0, 1] })).toEqual([])
  expect(ask('a', { have: [0] })).toEqual([{ piece: 2 }])
  expect(ask('c', { want: [0, 1] })).toEqual([{ piece: 0, from: 'a' }])
  expect(ask('b', { have: [1] })).toEqual([{ piece: 3 }, { piece: 0, from: 'a' }])
})

test('the controller sends two pieces to a node at a time, and four in all', () => {
  const { ask } = open()
  expect(ask('a')).toEqual([{ piece: 0 }])
  expect(ask('a', { want: [1, 2, 3] })).toEqual([{ piece: 1 }])
  expect(ask('a', { want: [2, 3] })).toEqual([])
  expect(['b', 'c', 'd'].map((node) => ask(node).length)).toEqual([1, 1, 0])
  expect(ask('a', { have: [0], want: [4] })).toEqual([{ piece: 4 }])
})

test('the rarest piece is first, from the holder with the fewest uploads, and none has more than four', () => {
  const { ask } = open()
  ask('a', { have: [0, 1], want: [] })
  ask('b', { have: [1], want: [] })
  const only = { want: [0, 1] }
  expect(ask('c', only)).toEqual([
    { piece: 0, from: 'a' },
    { piece: 1, from: 'b' },
  ])
  for (const node of ['d', 'e', 'f']) ask(node, only)
  expect(ask('g', only)).toEqual([])
  expect(ask('c', { have: [0, 1], want: [] })).toEqual([])
  expect(ask('g', only)).toHaveLength(2)
})

test('a node that hands on nothing is no source', () => {
  const { ask } = open()
  ask('a', { isHolder: false, have: ALL, want: [] })
  expect(ask('b', { want: [5] })).toEqual([{ piece: 5 }])
})

test.each(['wrong', 'unreachable'] as const)(
  'who was %s is not asked again by that node, and after two nodes by nobody',
  (why) => {
    const { ask } = open()
    ask('bad', { have: ALL, want: [] })
    const failed = [{ piece: 0, node: 'bad', why }]
    for (const node of ['a', 'b']) {
      expect(ask(node, { want: [0], free: 1 })).toEqual([{ piece: 0, from: 'bad' }])
      // In the same request, from the controller.
      expect(ask(node, { want: [0], failed })).toEqual(node === 'a' ? [{ piece: 0 }] : [])
    }
    expect(ask('c', { want: [1] })).toEqual([{ piece: 1 }])
  },
)

test('one accuser takes a holder from nobody else', () => {
  const { ask } = open()
  ask('good', { have: ALL, want: [] })
  ask('liar', { want: [0], failed: [{ piece: 0, node: 'good', why: 'wrong' }] })
  ask('liar', { want: [0], failed: [{ piece: 0, node: 'good', why: 'wrong' }] })
  expect(ask('b', { want: [1] })).toEqual([{ piece: 1, from: 'good' }])
})

test('a busy node is asked again after a moment', () => {
  const { ask, pass } = open()
  ask('a', { have: ALL, want: [] })
  ask('b', { want: [0] })
  expect(ask('b', { want: [0], failed: [{ piece: 0, node: 'a', why: 'busy' }] })).toEqual([])
  pass(200)
  expect(ask('b', { want: [0] })).toEqual([{ piece: 0, from: 'a' }])
})

test('what a node took with it comes from the controller again', () => {
  const { tracker, ask, pass } = open()
  ask('a', { want: [0] })
  ask('b', { have: [1], want: [] })
  pass(GONE_MS)
  expect(ask('c', { want: [0, 1] })).toEqual([{ piece: 1, from: 'b' }])
  pass(1)
  expect(ask('c', { want: [0, 1] })).toEqual([{ piece: 0 }])
  expect(tracker.size).toBe(1)
  pass(GONE_MS + 1)
  expect(tracker.isEmpty(2 * GONE_MS + 2)).toBe(true)
})

test('a piece that does not arrive at the node to which it was sent is sent to another one', () => {
  const { ask, pass } = open()
  ask('a', { want: [0] })
  ask('b', { want: [0] })
  const answers = [5, 10, 15].map(() => {
    pass(5_000)
    ask('a', { want: [], free: 0 })
    return ask('b', { want: [0] })
  })
  expect(answers).toEqual([[], [], [{ piece: 0 }]])
})

test('a node whose process started again gets what it was getting', () => {
  const { ask } = open()
  expect(ask('a', { want: [0] })).toEqual([{ piece: 0 }])
  expect(ask('a', { want: [0] })).toEqual([{ piece: 0 }])
})
