import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { PieceList, PiecesRequest, PiecesResponse } from '../../../protocol/api/delivery/pieces.ts'
import { type HandOnOptions, handOn } from './hand-on.ts'

const LIST: PieceList = {
  ...{ id: 'l', pieceBytes: 1_000_000 },
  files: [{ path: 'a', encoding: 'identity', size: 1_000_000, sha256: ['s'] }],
}
const NEEDED: PiecesResponse = { uploads: {}, take: [], peers: 1, againMs: 4_000 }
const IDLE: PiecesResponse = { ...NEEDED, peers: 0 }

type Serve = Parameters<HandOnOptions['serve']>

/** Hands on with a clock whose pauses take no time. `answer` is told how many questions there were before. */
async function run(
  answer: (before: number, pass: (ms: number) => void) => PiecesResponse | undefined,
  more: Partial<HandOnOptions> & { onServe?: (...of: Serve) => void } = {},
) {
  let nowMs = 1_000_000
  const asked: PiecesRequest[] = []
  const said: string[] = []
  const [opened, closed]: [string[], string[]] = [[], []]
  const pass = (ms: number) => {
    nowMs += ms
  }
  await handOn({
    sources: {
      async ask(request) {
        asked.push(request)
        if (asked.length > 10_000) throw new Error('asks for ever')
        const answered = request.list === undefined ? { ...IDLE, list: LIST } : answer(asked.length - 2, pass)
        if (!answered) throw new Error('no answer')
        return answered
      },
    },
    async open() {
      opened.push('pieces')
      const close = async () => void closed.push('pieces')
      return { bytes: 1_000_000, held: () => [0], read: async () => Buffer.alloc(1_000_000), close }
    },
    async serve(...of) {
      opened.push('server')
      more.onServe?.(...of)
      return { close: async () => void closed.push('server') }
    },
    clock: {
      now: () => new Date(nowMs),
      async sleep(ms) {
        await setImmediate()
        pass(ms)
      },
    },
    log: (text) => said.push(text),
    signal: new AbortController().signal,
    ...more,
  })
  return { asked, said, opened, closed, passedMs: nowMs - 1_000_000 }
}

test('says what it has, wants nothing, and ends when nobody has needed it for half a minute', async () => {
  const { asked, opened, closed, passedMs, said } = await run((before) => (before < 10 ? NEEDED : IDLE))
  expect(asked[0]).toEqual({ have: [], want: [], free: 0, failed: [] })
  expect(asked[1]).toEqual({ list: 'l', port: 7444, have: [0], want: [], free: 0, failed: [] })
  // Its place is no longer known to the controller.
  expect(asked.at(-1)).toEqual({ list: 'l', have: [], want: [], free: 0, failed: [] })
  expect(opened).toEqual(['pieces', 'server'])
  expect(closed).toEqual(['server', 'pieces'])
  expect(passedMs).toBeGreaterThan(9 * 4_000 + 30_000)
  expect(passedMs).toBeLessThan(9 * 4_000 + 45_000)
  expect(said).toEqual([])
})

test('ends at once when the setting is off, when it has nothing, and for another list', async () => {
  expect((await run(() => ({ take: [], peers: 0, againMs: 4_000 }))).passedMs).toBe(0)
  const nothing = await run(() => NEEDED, { open: async () => undefined })
  expect([nothing.passedMs, nothing.opened]).toEqual([0, []])
  const other = await run(() => ({ ...NEEDED, list: { ...LIST, id: 'other' } }))
  expect([other.passedMs, other.closed]).toEqual([0, ['server', 'pieces']])
})

test('a port that is in use is told', async () => {
  const serve = async () => {
    throw new Error('EADDRINUSE')
  }
  const { said, closed } = await run(() => NEEDED, { serve })
  expect(said).toEqual(['this node hands on no pieces: EADDRINUSE'])
  expect(closed).toEqual(['pieces'])
})

test('hands on at most 32 times what it has, and for at most an hour', async () => {
  let read: Serve[0]['read'] | undefined
  const many = await run(() => NEEDED, {
    onServe: (store) => {
      read = store.read
    },
    clock: {
      now: () => new Date(0),
      sleep: async () => void (await Promise.all(Array.from({ length: 10 }, () => read?.(0)))),
    },
  })
  expect(many.said).toEqual([expect.stringMatching(/^this node handed on (3[1-9]|4[0-2]) MiB of its bundle/)])
  expect(await read?.(0)).toBeUndefined()
  const long = await run(() => NEEDED)
  expect(long.passedMs).toBeGreaterThanOrEqual(3_600_000)
  expect(long.passedMs).toBeLessThan(3_610_000)
})

test('without a controller, and with a clock that is set back, it ends', async () => {
  const lost = await run((before) => (before < 2 ? NEEDED : undefined))
  expect(lost.passedMs).toBeLessThan(50_000)
  expect(lost.asked.length).toBeGreaterThan(20)
  const back = await run((before, pass) => {
    if (before === 3) pass(-500_000)
    return NEEDED
  })
  expect(back.asked.length).toBeLessThan(10)
})
