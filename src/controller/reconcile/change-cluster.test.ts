import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import { seededRandom } from '../../../test/support/random.ts'
import type { Store } from '../store/port.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { changeCluster } from './change-cluster.ts'
import { openTurns } from './turns.ts'

const { id } = cluster()
let directory: string
let store: Store
let refused = 0

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'change-'))
  store = openSqliteStore(join(directory, 'controller.db'))
  await store.commit([{ change: 'add-cluster', cluster: cluster() }])
  refused = 0
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

/** One process: its own turns, and a store that answers when it likes. */
function reconciler(random: () => number) {
  const pause = async () => {
    for (let left = Math.floor(random() * 4); left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
  }
  const slow: Store = {
    ...store,
    async load(...order) {
      await pause()
      const found = await store.load(...order)
      await pause()
      return found
    },
    async commit(...order) {
      await pause()
      const isDone = await store.commit(...order)
      if (!isDone) refused += 1
      return isDone
    },
  }
  const ports = { store: slow, turns: openTurns(), now: () => new Date(0) }
  const countUp = () => changeCluster(ports, id, (draft) => draft.setCluster({ attempt: draft.cluster.attempt + 1 }))
  return { ports, countUp }
}

const attempts = async () => (await store.cluster(id))?.attempt

it('changes within one process take turns without retries', async () => {
  const { countUp } = reconciler(seededRandom(1))
  await Promise.all(Array.from({ length: 40 }, countUp))
  expect([await attempts(), refused]).toEqual([40, 0])
})

it('no change of two competing processes is lost or made twice', async () => {
  const both = [reconciler(seededRandom(2)), reconciler(seededRandom(3))]
  await Promise.all(both.flatMap(({ countUp }) => Array.from({ length: 40 }, countUp)))
  expect(await attempts()).toBe(80)
  expect(refused).toBeGreaterThan(0)
})

it('work that throws changes nothing, and the next one has its turn', async () => {
  const { ports, countUp } = reconciler(seededRandom(4))
  const failing = changeCluster(ports, id, (draft) => {
    draft.setCluster({ attempt: 9 })
    throw new Error('on purpose')
  })
  const next = countUp()
  await expect(failing).rejects.toThrow('on purpose')
  await next
  expect(await attempts()).toBe(1)
})

it('a deleted cluster is undefined', async () => {
  await store.commit([{ change: 'remove-cluster', id }])
  expect(await reconciler(seededRandom(5)).countUp()).toBeUndefined()
})
