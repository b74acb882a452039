import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UnitState } from '../../host/undo.ts'
import { openStatusFile, type ServiceStatus } from '../status.ts'
import { retryNow } from './retry-now.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'retry-now-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const problem = { code: 'node/name-taken', message: 'taken', fix: 'rename' }
const run = { id: 'r-1', role: 'first-master', step: null, done: 0, of: 1 }

test.each<[string, Partial<ServiceStatus>, string[]]>([
  ['without a problem', { state: 'DISCOVERED' }, []],
  ['a refusal', { problem }, ['stop', 'start']],
  ['a lost connection during a run', { problem, run }, []],
])('%s', async (name, change, restarted) => {
  const statusFile = join(directory, `${name}.json`)
  openStatusFile(statusFile, '1').update(change)
  const units: string[] = []
  const setUnit = async (_: string, { active }: UnitState) => void units.push(active ? 'start' : 'stop')
  await retryNow({ unit: 'x.service', statusFile }, { setUnit })
  expect(units).toEqual(restarted)
})

test('the service does not run yet', async () => {
  const setUnit = () => Promise.reject(new Error('there is nothing to restart'))
  await retryNow({ unit: 'x.service', statusFile: join(directory, 'none.json') }, { setUnit })
})
