import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { PieceList, PiecesResponse } from '../../../protocol/api/delivery/pieces.ts'
import type { PieceStore } from './piece-store.ts'
import { openSwarm, type SwarmOptions } from './swarm.ts'

const listOf = (id: string): PieceList => ({
  ...{ id, pieceBytes: 1 },
  files: ['a', 'b'].map((path) => ({ path, encoding: 'identity', size: 4, sha256: ['s', 's', 's', 's'] })),
})
const AGAIN: PiecesResponse = { uploads: {}, take: [], peers: 1, againMs: 1_000 }

/** Pieces 0 to 3 are of file a, the others of b. */
function memoryStore(): PieceStore {
  const held = new Set<number>()
  return {
    pieces: Array.from({ length: 8 }, (_, at) => ({ file: Math.floor(at / 4), offset: at % 4, size: 1, sha256: 's' })),
    of: (path) => (path === 'a' ? [0, 1, 2, 3] : [4, 5, 6, 7]),
    has: (piece) => held.has(piece),
    held: () => [...held],
    write: async (piece) => held.add(piece) !== undefined,
    read: async () => undefined,
    prefix: async function* () {},
    prefixBytes: () => 0,
    encodingOf: () => 'identity',
    close: async () => undefined,
  }
}

/** A swarm whose pauses take no time, but move its clock on. `answer` is told how many questions there were before. */
function open(
  answer: (before: number, pass: (ms: number) => void) => PiecesResponse | undefined,
  more: Partial<SwarmOptions> = {},
) {
  let nowMs = 1_000_000
  let asked = 0
  const lines: string[] = []
  const pass = (ms: number) => {
    nowMs += ms
  }
  const swarm = openSwarm({
    sources: {
      async ask() {
        const answered = answer(asked++, pass)
        if (asked > 1_000) throw new Error('asks for ever')
        if (!answered) throw new Error('no answer')
        return answered
      },
      fromController: async () => Buffer.alloc(1),
      fromPeer: async () => ({ bytes: Buffer.alloc(1) }),
      close: () => undefined,
    },
    openStore: async () => memoryStore(),
    serve: async () => ({ close: async () => undefined }),
    clock: {
      now: () => new Date(nowMs),
      async sleep(ms) {
        await setImmediate()
        pass(ms)
      },
    },
    log: (_, message) => lines.push(message),
    signal: new AbortController().signal,
    ...more,
  })
  return { swarm, lines, asked: () => asked, passedMs: () => nowMs - 1_000_000 }
}

test('while nobody hands on pieces, one question is all', async () => {
  const { swarm, lines, asked, passedMs } = open(() => ({ take: [], peers: 0, againMs: 4_000 }))
  expect(await Promise.all([swarm.fill('a'), swarm.fill('b')])).toEqual([undefined, undefined])
  expect(await swarm.fill('a')).toBeUndefined()
  expect([asked(), passedMs(), lines]).toEqual([1, 0, []])
})

test('pieces that cannot be kept are left to the download', async () => {
  const openStore = async () => {
    throw new Error('the disk is full')
  }
  const { swarm, lines, asked } = open(() => ({ ...AGAIN, list: listOf('l') }), { openStore })
  expect(await swarm.fill('a')).toBeUndefined()
  expect(await swarm.fill('b')).toBeUndefined()
  expect(asked()).toBe(1)
  expect(lines).toEqual(['files are downloaded from the controller only: the disk is full'])
})

test('another list in the middle of a run ends it at once', async () => {
  const { swarm, lines, passedMs } = open((before) => ({ ...AGAIN, list: listOf(before < 2 ? 'l' : 'other') }))
  await swarm.fill('a')
  await swarm.fill('b')
  expect(passedMs()).toBeLessThan(1_000)
  expect(lines).toEqual([expect.stringContaining('the controller has other copies of the files now')])
})

test('controllers that do not answer cost ten seconds once', async () => {
  const { swarm, asked, passedMs } = open((_, pass) => {
    pass(5_000)
    return undefined
  })
  await swarm.fill('a')
  await swarm.fill('b')
  expect([asked(), passedMs()]).toEqual([2, 10_000])
})

test('a controller that is gone for some seconds is waited for', async () => {
  const { swarm, lines } = open((before) => {
    if (before === 0) return { ...AGAIN, list: listOf('l') }
    return before < 15 ? undefined : { ...AGAIN, take: [0, 1, 2, 3].map((piece) => ({ piece })) }
  })
  expect((await swarm.fill('a'))?.held()).toEqual([0, 1, 2, 3])
  expect(lines).toEqual([])
})

test.each([
  ['nothing', 0],
  ['one piece', 1],
])('of peers that send %s in half a minute the run makes no use any more', async (_, pieces) => {
  const { swarm, lines, passedMs } = open((before) => {
    if (before === 0) return { ...AGAIN, list: listOf('l') }
    return { ...AGAIN, take: before <= pieces ? [{ piece: before - 1 }] : [] }
  })
  expect((await swarm.fill('a'))?.held()).toHaveLength(pieces)
  expect(passedMs()).toBeGreaterThanOrEqual(30_000)
  expect(passedMs()).toBeLessThan(35_000)
  const before = passedMs()
  await swarm.fill('b')
  expect(passedMs()).toBe(before)
  expect(lines).toEqual([expect.stringContaining('fewer than 2 pieces arrived in 30 s')])
})

test('a clock that is set back makes no run wait longer', async () => {
  const { swarm, asked } = open((before, pass) => {
    if (before === 0) return { ...AGAIN, list: listOf('l') }
    if (before === 10) pass(-500_000)
    return AGAIN
  })
  await swarm.fill('a')
  expect(asked()).toBeLessThan(50)
})
