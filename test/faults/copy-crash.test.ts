/** Kills during a backup, a restore and a move to another database: nothing is half-done, and the same work completes it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Summary, summaryOf } from '../../src/controller/store/entries.ts'
import { postgresBackend } from '../support/controller/backends.ts'
import { openAt } from '../support/controller/open-at.ts'
import { addEvents, fullCluster } from '../support/controller/records.ts'

const KILLS = 6
const PASSPHRASE = 'correct horse battery'
const postgres = postgresBackend()
let root: string
let source: Summary
const at = (name: string) => join(root, name)

/** Runs the work; kills it after so many milliseconds. Resolves to whether it had ended by itself, and how long it took. */
async function work(name: string, order: object, killMs?: number): Promise<{ ended: boolean; ms: number }> {
  const argv = [join(import.meta.dirname, 'copy-worker.ts'), name, JSON.stringify(order)]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  const begun = Date.now()
  if (killMs !== undefined) {
    await Promise.race([setTimeout(killMs), closed])
    child.kill('SIGKILL')
  }
  const [code, signal] = await closed
  if (signal === null && code !== 0) throw new Error(errors)
  return { ended: code === 0, ms: Date.now() - begun }
}

async function summary(where: string): Promise<Summary> {
  const store = await openAt(where)
  try {
    return await summaryOf(store.snapshot())
  } finally {
    await store.close()
  }
}

/** Moments over the whole duration of the work. */
const moments = (ms: number) => Array.from({ length: KILLS }, (_, index) => Math.round((ms * (index + 0.5)) / KILLS))

beforeAll(async () => {
  await postgres.start()
  root = mkdtempSync(join(tmpdir(), 'copy-crash-'))
  mkdirSync(at('data/pki'), { recursive: true })
  writeFileSync(at('data/pki/ca.key'), 'key', { mode: 0o600 })
  const store = await openAt(at('data/controller.db'))
  await store.commit(fullCluster())
  for (let done = 0; done < 5_000; done += 500) await store.commit(addEvents(500, done + 1))
  source = await summaryOf(store.snapshot())
  await store.close()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(root, { recursive: true })
})

test(`${KILLS} kills during a backup: there is no file, or a whole one`, { timeout: 240_000 }, async () => {
  const order = { file: at('whole'), passphrase: PASSPHRASE, dataDirectory: at('data') }
  const { ms } = await work('backup', order)
  for (const moment of moments(ms)) {
    const file = at('killed')
    await work('backup', { ...order, file }, moment)
    if (existsSync(file)) await work('restore', { file, passphrase: PASSPHRASE, dataDirectory: at('check') })
    for (const name of ['killed', 'check']) rmSync(at(name), { recursive: true, force: true })
    expect(await summary(at('data/controller.db')), 'the source is as it was').toEqual(source)
  }
  await work('backup', { ...order, file: at('killed') })
  expect(readdirSync(root).filter((name) => name.startsWith('killed'))).toEqual(['killed'])
  expect(readdirSync(at('data')).sort()).toEqual(['controller.db', 'pki'])
})

test(`${KILLS} kills during a restore: there is no directory, or a whole one`, { timeout: 240_000 }, async () => {
  const order = { file: at('whole'), passphrase: PASSPHRASE, dataDirectory: at('new') }
  const { ms } = await work('restore', order)
  for (const moment of moments(ms)) {
    rmSync(at('new'), { recursive: true, force: true })
    const { ended } = await work('restore', order, moment)
    if (!ended && !existsSync(at('new'))) await work('restore', order)
    expect(await summary(at('new/controller.db'))).toEqual(source)
    expect(readdirSync(at('new')).sort()).toEqual(['controller.db', 'pki', 'restored.json'])
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([])
  }
})

test(`${KILLS} kills during a restore to PostgreSQL and moves: the same order completes them`, {
  timeout: 400_000,
}, async () => {
  const target = await postgres.database()
  const order = { file: at('whole'), passphrase: PASSPHRASE, dataDirectory: at('there'), database: target.where }
  const { ms } = await work('restore', order)
  await target.remove()
  for (const moment of moments(ms)) {
    const fresh = await postgres.database()
    rmSync(at('there'), { recursive: true, force: true })
    const one = { ...order, database: fresh.where }
    await work('restore', one, moment)
    if (!existsSync(at('there'))) await work('restore', one)
    expect(await summary(fresh.where)).toEqual(source)
    expect(readdirSync(at('there')).sort()).toEqual(['pki', 'restored.json'])

    cpSync(at('data'), at('moving'), { recursive: true })
    const to = { dataDirectory: at('moving'), database: (await postgres.database()).where }
    await work('to', to, moment)
    if (existsSync(at('moving/controller.db'))) await work('to', to)
    expect(await summary(to.database)).toEqual(source)
    await work('from', to, moment)
    if (!existsSync(at('moving/controller.db'))) await work('from', to)
    expect(await summary(at('moving/controller.db'))).toEqual(source)
    rmSync(at('moving'), { recursive: true })
    await fresh.remove()
  }
})
