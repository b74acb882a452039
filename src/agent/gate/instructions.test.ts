import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LinkStore, openLinkStore } from '../link/link-state.ts'
import { instructionTaker } from './instructions.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
let directory: string
let link: LinkStore
let happened: string[]
let take: (seq: number, change?: object, key?: typeof privateKey) => Promise<void>

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'instructions-'))
  const [linkFile = '', instructionFile = '', provisionedFile = '', addedImagesFile = ''] = [
    ...['link', 'instruction', 'provisioned', 'added-images'],
  ].map((name) => join(directory, name))
  link = openLinkStore({ linkFile, instructionFile, provisionedFile, addedImagesFile })
  happened = []
  const taker = instructionTaker({
    instructionKeys: () => [publicKey],
    nodeId: 'n-abcdefghij',
    link,
    runs: {
      start: () => void happened.push(`start ${link.open()?.run}`),
      refuse: (run, { code }) => void happened.push(`${code} ${run}`),
      cancel: () => undefined,
      stop: async () => undefined,
    },
    log: () => undefined,
    now: () => new Date('2026-01-01T00:00:00Z'),
  })
  take = (seq, change = {}, key = privateKey) => {
    const body = {
      run: 'r-aaaaaaaaaa',
      node: 'n-abcdefghij',
      generation: 1,
      expiresAt: '2026-01-01T01:00:00Z',
      role: 'reset',
      params: {},
      ...change,
    }
    const payload = JSON.stringify(body)
    const signature = sign(null, Buffer.from(payload), key).toString('base64')
    return taker({ v: 1, t: 'instruct', id: 'c1', seq, ack: 0, body: { payload, signature } })
  }
})
afterEach(() => rmSync(directory, { recursive: true }))

test('an instruction is durable before it starts', async () => {
  await take(1)
  expect(happened).toEqual(['start r-aaaaaaaaaa'])
  expect(link.state()).toMatchObject({ lastSeq: 1, lastGeneration: 1 })
})

test('a repeated message is acknowledged and has no further effect', async () => {
  await take(1)
  await take(1)
  expect(happened).toHaveLength(1)
})

test('a replay with a new number is refused, and does not affect the run in progress', async () => {
  await take(1)
  await take(2)
  expect(happened).toEqual(['start r-aaaaaaaaaa'])
  link.finish()
  await take(3)
  expect(happened.at(-1)).toBe('instruction/stale r-aaaaaaaaaa')
  expect(link.open()).toBeUndefined()
})

test.each([
  ['foreign', { node: 'n-bbbbbbbbbb' }],
  ['expired', { expiresAt: '2025-12-31T00:00:00Z' }],
  ['unsupported', { role: 'format-disks' }],
])('%s: refused, acknowledged, not started', async (name, change) => {
  await take(1, change)
  expect(happened).toEqual([`instruction/${name} r-aaaaaaaaaa`])
  expect(link.state()).toMatchObject({ lastSeq: 1, lastGeneration: 0 })
})

test('signed with another key: refused', async () => {
  await take(1, {}, generateKeyPairSync('ed25519').privateKey)
  expect(happened).toEqual(['instruction/unsigned r-aaaaaaaaaa'])
})

test('one instruction at a time', async () => {
  await take(1)
  await take(2, { run: 'r-bbbbbbbbbb', generation: 2 })
  expect(happened.at(-1)).toBe('instruction/busy r-bbbbbbbbbb')
  expect(link.open()?.run).toBe('r-aaaaaaaaaa')
})
