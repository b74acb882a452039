import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitRegistration } from './await-registration.ts'

let root: string
let nowMs: number
let watched: number
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'registration-'))
  nowMs = 0
  watched = 0
})
afterEach(() => rmSync(root, { recursive: true }))

const KNOWN = { nodeId: 'n-1', fingerprint: 'ab', state: 'PENDING' }

/** `says`: the status of the service, by the number of the read. */
function wait(says: Record<number, object>, signal = new AbortController().signal) {
  const statusFile = join(root, 'status.json')
  let looks = 1
  const write = () => says[looks] && writeFileSync(statusFile, JSON.stringify(says[looks]))
  write()
  return awaitRegistration({
    statusFile,
    clock: {
      now: () => new Date(nowMs),
      async sleep(ms) {
        signal.throwIfAborted()
        nowMs += ms
        looks += 1
        write()
      },
    },
    timeoutMs: 60_000,
    signal,
    stillRuns: async () => void watched++,
  })
}

const none = { nodeId: null, fingerprint: null, state: null, problem: null }
const problem = (code: string) => ({ ...none, problem: { code, message: 'said so', fix: 'do it' } })

test('waits until the controller knows the node, and checks the service every second', async () => {
  expect(await wait({ 3: none, 5: problem('controller/unreachable'), 25: KNOWN })).toMatchObject(KNOWN)
  expect([nowMs, watched]).toEqual([2_400, 3])
})

test('a refusal ends the wait at once', async () => {
  await expect(wait({ 4: problem('enrol/refused') })).rejects.toMatchObject({ code: 'enrol/refused', kind: 'refused' })
  expect(nowMs).toBe(300)
})

test('times out with the last problem of the service', async () => {
  const error = { code: 'agent/not-registered', message: expect.stringMatching(/60 s: said so$/), fix: 'do it' }
  await expect(wait({ 2: problem('controller/unreachable') })).rejects.toMatchObject(error)
  expect(nowMs).toBe(60_100)
})

test('the signal ends the wait', async () => {
  await expect(wait({}, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
})
