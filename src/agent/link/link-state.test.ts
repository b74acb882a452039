import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { type OpenInstruction, openLinkStore } from './link-state.ts'

let directory: string
let paths: { linkFile: string; instructionFile: string }
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'link-'))
  paths = { linkFile: join(directory, 'link.json'), instructionFile: join(directory, 'instruction.json') }
})
afterEach(() => rmSync(directory, { recursive: true }))

const instruction: OpenInstruction = {
  seq: 7,
  run: 'r-abcdefghij',
  role: 'reset',
  generation: 3,
  signed: { payload: '{}', signature: 'x' },
}

test('an accepted instruction survives a restart, until it is finished', () => {
  openLinkStore(paths).accept(instruction)
  const again = openLinkStore(paths)
  expect(again.open()).toEqual(instruction)
  expect(again.state()).toMatchObject({ lastSeq: 7, lastGeneration: 3 })
  again.finish()
  const after = openLinkStore(paths)
  expect(after.open()).toBeUndefined()
  expect(after.state()).toMatchObject({ lastSeq: 7, lastGeneration: 3 })
})

test('after a power cut between the two files, the same instruction is not accepted twice', () => {
  writeFileSync(paths.instructionFile, JSON.stringify(instruction))
  expect(openLinkStore(paths).state()).toMatchObject({ lastSeq: 7, lastGeneration: 3 })
})

test('updates are durable', () => {
  openLinkStore(paths).update({ state: 'READY', kubernetesVersion: DEFAULT_VERSIONS.kubernetes })
  expect(openLinkStore(paths).state()).toMatchObject({ state: 'READY', kubernetesVersion: DEFAULT_VERSIONS.kubernetes })
})
