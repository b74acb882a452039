import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster } from '../../../../test/support/controller/member.ts'
import { openStore } from '../../store/open.ts'
import type { Store } from '../../store/port.ts'
import { KEPT_MS, openRepeats } from './repeats.ts'

let directory: string
let store: Store
let nowMs: number
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repeats-'))
  store = await openStore({ dataDirectory: directory })
  nowMs = Date.parse('2026-01-01')
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const open = (on = store) => openRepeats({ store: on, now: () => new Date(nowMs), log: () => undefined })
const request = { owner: 'alice', rights: 'operator', key: 'one', request: 'POST /v1/clusters {}' }
const named = (name: string) => cluster({ id: `c-${name}`, name })

/** Creates a cluster, as a handler does. */
const create = (name: string) => async (own: Store) => {
  await own.commit([{ change: 'add-cluster', cluster: named(name) }])
  return { status: 200, body: { name } }
}
const names = async () => (await store.clusters()).map(({ name }) => name)

it('carries a request out once, and repeats its answer, also after a restart', async () => {
  const first = await open()(request, create('a'))
  await store.close()
  store = await openStore({ dataDirectory: directory })
  expect(await open()(request, create('b'))).toEqual(first)
  expect(await names()).toEqual(['a'])
})

it('refuses the key of another request, but not that of another client', async () => {
  const repeats = open()
  await repeats(request, create('a'))
  await expect(repeats({ ...request, request: 'POST /v1/clusters {"x":1}' }, create('b'))).rejects.toMatchObject({
    code: 'idempotency/other-request',
  })
  await repeats({ ...request, owner: 'bob' }, create('c'))
  expect(await names()).toEqual(['a', 'c'])
})

it('does not repeat an answer to a client that has other rights now', async () => {
  const repeats = open()
  await repeats(request, create('a'))
  const refused = repeats({ ...request, rights: 'viewer' }, () => Promise.reject(new Error('not permitted')))
  await expect(refused).rejects.toThrow('not permitted')
  expect(await repeats(request, create('b'))).toMatchObject({ body: { name: 'a' } })
})

it('refuses a repeat while the request is in progress', async () => {
  const repeats = open()
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = repeats(request, async (own) => {
    await promise
    return create('a')(own)
  })
  await expect(repeats(request, create('b'))).rejects.toMatchObject({ code: 'idempotency/in-progress' })
  resolve()
  expect(await repeats(request, create('b')).catch(() => first)).toEqual({ status: 200, body: { name: 'a' } })
})

it('does not repeat what was done when its answer was lost in a crash', async () => {
  // The process ends between the change and its answer.
  const crashing: Store = {
    ...store,
    commit: async (changes, expected) =>
      changes[0]?.change === 'set-answer' ? Promise.reject(new Error('killed')) : store.commit(changes, expected),
  }
  await open(crashing)(request, create('a'))
  await expect(open()(request, create('b'))).rejects.toMatchObject({ code: 'idempotency/answer-lost' })
  expect(await names()).toEqual(['a'])
})

it('carries out a request whose change was not committed', async () => {
  const crashing: Store = { ...store, commit: async () => Promise.reject(new Error('killed')) }
  await expect(open(crashing)(request, create('a'))).rejects.toThrow('killed')
  await open()(request, create('b'))
  expect(await names()).toEqual(['b'])
})

it('does not keep the answer of a request that was refused', async () => {
  const refused = async () => Promise.reject(new Error('no'))
  await expect(open()(request, refused)).rejects.toThrow('no')
  expect(await open()(request, create('a'))).toMatchObject({ status: 200 })
})

it('keeps the answer of a request that changed nothing', async () => {
  let count = 0
  const look = async () => ({ status: 200, body: { count: ++count } })
  await open()(request, look)
  expect(await open()(request, look)).toEqual({ status: 200, body: { count: 1 } })
})

it('does not keep an answer that is too large', async () => {
  await open()(request, async (own) => ({ ...(await create('a')(own)), body: 'x'.repeat(100_000) }))
  await expect(open()(request, create('b'))).rejects.toMatchObject({ code: 'idempotency/answer-lost' })
})

it('forgets answers after a day, and the oldest of a client that has many', async () => {
  const repeats = open()
  const at = async (key: number) => repeats({ ...request, key: `k${key}` }, async () => ({ status: 200, body: key }))
  for (let key = 0; key < 300; key++) {
    nowMs += 1
    await at(key)
  }
  const key = (of: number) => repeats({ ...request, key: `k${of}` }, async () => ({ status: 200, body: 'again' }))
  expect([await key(299), await key(60), await key(0)].map(({ body }) => body)).toEqual([299, 60, 'again'])
  nowMs += KEPT_MS + 1
  expect((await key(299)).body).toBe('again')
})
