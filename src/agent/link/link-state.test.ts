import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { type OpenInstruction, openLinkStore } from './link-state.ts'

let directory: string
let paths: Parameters<typeof openLinkStore>[0]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'link-'))
  paths = {
    linkFile: join(directory, 'link.json'),
    instructionFile: join(directory, 'instruction.json'),
    provisionedFile: join(directory, 'provisioned.json'),
    addedImagesFile: join(directory, 'added-images.json'),
  }
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

test('an instruction that was carried out is kept, until the next one, a reset, or an undo on the node', () => {
  const link = openLinkStore(paths)
  const kept = () =>
    existsSync(paths.provisionedFile) ? JSON.parse(readFileSync(paths.provisionedFile, 'utf8')).run : undefined
  const carryOut = (run: string, role: OpenInstruction['role'], outcome?: 'done') => {
    link.accept({ ...instruction, run, role })
    link.finish(outcome)
    return kept()
  }
  expect(carryOut('r-first', 'worker')).toBeUndefined()
  expect(carryOut('r-second', 'worker', 'done')).toBe('r-second')
  expect(existsSync(paths.instructionFile)).toBe(false)
  expect(carryOut('r-third', 'worker')).toBe('r-second')
  expect(carryOut('r-fourth', 'worker', 'done')).toBe('r-fourth')
  expect(carryOut('r-renewal', 'renew', 'done'), 'a renewal does not change what the node has to keep').toBe('r-fourth')
  expect(existsSync(paths.instructionFile)).toBe(false)
  expect(carryOut('r-fifth', 'reset')).toBeUndefined()
  expect(carryOut('r-sixth', 'reset', 'done')).toBeUndefined()
  expect(carryOut('r-seventh', 'worker', 'done')).toBe('r-seventh')
  link.forget()
  expect(kept()).toBeUndefined()
})

test('after a power cut between the two files, the same instruction is not accepted twice', () => {
  writeFileSync(paths.instructionFile, JSON.stringify(instruction))
  expect(openLinkStore(paths).state()).toMatchObject({ lastSeq: 7, lastGeneration: 3 })
})

test('updates are durable', () => {
  openLinkStore(paths).update({ state: 'READY', kubernetesVersion: DEFAULT_VERSIONS.kubernetes })
  expect(openLinkStore(paths).state()).toMatchObject({ state: 'READY', kubernetesVersion: DEFAULT_VERSIONS.kubernetes })
})
