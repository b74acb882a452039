import { expect, test } from 'vitest'
import type { FailedPiece } from '../../protocol/api/delivery/pieces.ts'
import type { Asking } from './member.ts'
import { GONE_MS, Tracker } from './tracker.ts'

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
  expect(ask('liar', { want: [0] })).toEqual([{ piece: 0, from: 'good' }])
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

test('a node downloads until it has wanted nothing for half a minute; one that only hands on does not', () => {
  const { tracker, ask } = open()
  ask('holder', { have: ALL, want: [], free: 0 })
  expect(tracker.downloading('holder', 0)).toBe(0)
  ask('a')
  expect(['holder', 'a', 'b'].map((node) => tracker.downloading(node, 30_000))).toEqual([1, 0, 1])
  expect(tracker.downloading('holder', 30_001)).toBe(0)
})

test('a node that handed on for a while and then wants something gets it from peers, and is no source of it', () => {
  const { ask, pass } = open()
  for (let times = 0; times < 10; times++) {
    ask('a', { have: ALL, want: [] })
    ask('b', { have: ALL, want: [] })
    pass(4_000)
  }
  expect(ask('a', { want: [3], have: [] })).toEqual([{ piece: 3, from: 'b' }])
  expect(ask('c', { want: [3] })).toEqual([{ piece: 3, from: 'b' }])
})

test('what a node took with it comes from the controller again', () => {
  const { tracker, ask, pass } = open()
  ask('a', { want: [0] })
  ask('b', { have: [1], want: [] })
  pass(GONE_MS)
  expect(ask('c', { want: [0, 1] })).toEqual([{ piece: 1, from: 'b' }])
  pass(1)
  expect(ask('c', { want: [0, 1] })).toEqual([{ piece: 0 }])
  expect(['a', 'b', 'c'].map((node) => tracker.isHolder(node))).toEqual([false, false, true])
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

test('what a node says of a holder from which it takes nothing does not count', () => {
  const { ask } = open()
  ask('good', { have: ALL, want: [] })
  for (const liar of ['a', 'b', 'c'])
    for (const why of ['busy', 'wrong', 'unreachable'] as const)
      ask(liar, { want: [], failed: [{ piece: 0, node: 'good', why }] })
  expect(ask('d', { want: [1] })).toEqual([{ piece: 1, from: 'good' }])
})

test('a holder that is busy three times in a row is left alone by that node for some time', () => {
  const { ask, pass } = open()
  ask('a', { have: ALL, want: [] })
  ask('b', { want: [0] })
  const failed = [{ piece: 0, node: 'a', why: 'busy' as const }]
  const answers = [1, 2, 3].map(() => {
    ask('b', { want: [0], failed })
    pass(200)
    return ask('b', { want: [0] })
  })
  expect(answers).toEqual([[{ piece: 0, from: 'a' }], [{ piece: 0, from: 'a' }], [{ piece: 0 }]])
  expect(ask('c', { want: [1], free: 1 })).toEqual([{ piece: 1, from: 'a' }])
})

test('a node takes eight pieces at a time, and what it does not mention any more for so long is not on its way', () => {
  const { ask, pass } = open()
  const many = Array.from({ length: 64 }, (_, at) => at)
  for (const holder of ['a', 'b', 'c']) ask(holder, { have: many, want: [] })
  expect(ask('d', { want: many, free: 8 })).toHaveLength(8)
  expect(ask('d', { want: [], free: 8 })).toEqual([])
  expect(ask('d', { want: many.slice(32), free: 8 }).length).toBeLessThan(8)
  for (const _ of [1, 2, 3, 4, 5]) {
    pass(9_100)
    for (const node of ['a', 'b', 'c', 'd']) ask(node, { want: [] })
  }
  expect(ask('d', { want: many, free: 8 })).toHaveLength(8)
})

const PIECES = Array.from({ length: 256 }, (_, at) => at)

/**
 * How many seconds an honest node needs for all pieces, of 120 at most. It asks ten times a second, like the attackers, and gets what the
 * controller and `honest` peers send within a tenth of a second.
 */
function seconds(
  honest: readonly string[],
  attack: (ask: ReturnType<typeof open>['ask'], tenth: number) => void,
): number | undefined {
  const { ask, pass } = open()
  const have = new Set<number>()
  let failed: FailedPiece[] = []
  // The attack begins a second before.
  for (let tenth = -10; tenth < 1_200; tenth += 1) {
    for (const peer of honest) ask(peer, { have: PIECES, want: [] })
    attack(ask, tenth + 10)
    if (tenth < 0) {
      pass(100)
      continue
    }
    const want = PIECES.filter((piece) => !have.has(piece)).slice(0, 64)
    if (want.length === 0) return tenth / 10
    const choices = ask('honest', { have: [...have], want, free: 6, failed })
    failed = []
    for (const { piece, from } of choices) {
      if (from === undefined || honest.includes(from)) have.add(piece)
      else failed.push({ piece, node: from, why: 'busy' })
    }
    pass(100)
  }
  return undefined
}

const pinned = new Set<number>()
const attacks: Record<string, Parameters<typeof seconds>> = {
  'says ten times a second that the holder is busy': [
    ['good'],
    (ask) => ask('bad', { want: [], failed: [{ piece: 0, node: 'good', why: 'busy' }] }),
  ],
  'takes each time a piece of the holder, and says that it is busy': [
    ['good'],
    (ask) => ask('bad', { want: [255], free: 1, failed: [{ piece: 255, node: 'good', why: 'busy' }] }),
  ],
  'takes eight pieces and never mentions them again': [
    ['good'],
    (ask, tenth) => ask('bad', { want: tenth === 0 ? PIECES.slice(0, 64) : [], free: 8 }),
  ],
  'says that it has all pieces, and hands on none': [[], (ask) => ask('bad', { have: PIECES, want: [] })],
  'has five others that say so too': [
    [],
    (ask) => {
      for (const bad of ['1', '2', '3', '4', '5', '6']) ask(bad, { have: PIECES, want: [] })
    },
  ],
  'takes with another one all that the controller sends at a time, never gets it, and asks for more': [
    [],
    (ask) => {
      for (const bad of ['bad', 'worse']) {
        const want = PIECES.filter((piece) => !pinned.has(piece)).slice(0, 64)
        for (const { piece } of ask(bad, { want, free: 8 })) pinned.add(piece)
      }
    },
  ],
}

test.each(Object.entries(attacks))(
  'an honest node has all pieces within two minutes if another one %s',
  (_, attack) => {
    expect(seconds(...attack)).toBeLessThan(120)
  },
)
