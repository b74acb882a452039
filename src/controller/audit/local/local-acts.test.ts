import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type LocalAct, NOTES, noteLocalAct } from './local-acts.ts'

const act = (own: Partial<LocalAct<string>>): LocalAct<string> => ({
  ...{ action: 'importBundle', reason: 'a command', by: { name: 'ann', uid: '1000' } },
  ...{ work: () => 'done', changes: () => [] },
  ...own,
})

async function outcomesOf(own: Partial<LocalAct<string>>): Promise<string[]> {
  const data = mkdtempSync(join(tmpdir(), 'notes-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  await noteLocalAct(data, act(own), () => new Date(0)).catch(() => undefined)
  const names = readdirSync(join(data, NOTES)).sort()
  return names.map((name) => JSON.parse(readFileSync(join(data, NOTES, name), 'utf8')).outcome)
}

const fail = () => {
  throw new Error('no space')
}

test('an act has a note before it and one after it', async () => {
  expect(await outcomesOf({})).toEqual(['begun', 'done'])
  expect(await outcomesOf({ work: fail })).toEqual(['begun', 'failed'])
})

test('what is done is not noted as failed if the note after it cannot be made', async () => {
  expect(await outcomesOf({ changes: fail })).toEqual(['begun'])
})
