import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AgentPaths, pathsOf } from '../paths.ts'
import { reserveOf } from '../service/reserve.ts'
import { writeStateFile } from '../state-file.ts'
import { bornElsewhere, forgetOriginal, noteBirth, refuseCopy } from './born.ts'
import type { MachineIds } from './machine.ts'

const ID = '7f3f1b0c9e4d4d0f9a5d1c2b3a4e5f60'
const OTHER_ID = '0c9e4d4d0f9a5d1c2b3a4e5f607f3f1b'
const UUID = '2f1a8f52-6c0e-4f3b-9f0e-0c9f6f2f9f11'
const OTHER_UUID = '9f0e0c9f-4f3b-6c0e-8f52-6f2f9f112f1a'
const NO_UUID = '03000200-0400-0500-0006-000700080009'
const machine = (machineId: string, productUuid?: string): MachineIds => ({
  bootId: 'b',
  machineId,
  ...(productUuid !== undefined && { productUuid }),
})

let root: string
let paths: AgentPaths
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'born-'))
  paths = pathsOf(undefined, root)
  for (const directory of [paths.stateDirectory, paths.configDirectory]) mkdirSync(directory, { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

function note(is: MachineIds, write?: typeof writeStateFile): string[] {
  const lines: string[] = []
  noteBirth(paths, is, (level, line) => void lines.push(`${level} ${line}`), write)
  return lines
}

test('another machine-id on another board is another machine', () => {
  expect(note(machine(ID, UUID))).toEqual([`info the identity of this node belongs to machine ${ID}`])
  expect(note(machine(ID, UUID)), 'only what changes').toEqual([])
  expect(bornElsewhere(paths, machine(OTHER_ID, OTHER_UUID))).toEqual({ machineId: ID, productUuid: UUID })
})

test.each<[string, MachineIds, MachineIds]>([
  ['nothing changed', machine(ID, UUID), machine(ID, UUID)],
  ['it has another mainboard, or was restored as another virtual machine', machine(ID, UUID), machine(ID, OTHER_UUID)],
  ['it got another machine-id', machine(ID, UUID), machine(OTHER_ID, UUID)],
  ['its firmware has no UUID, and it got another machine-id', machine(ID), machine(OTHER_ID)],
  ['its firmware has the UUID of many boards', machine(ID, NO_UUID), machine(OTHER_ID, UUID)],
  ['the UUID can no longer be read', machine(ID, UUID), machine(OTHER_ID)],
  ['its machine-id is missing', machine(ID, UUID), machine('', OTHER_UUID)],
  ['its machine-id was never set', machine('uninitialized', UUID), machine(ID, OTHER_UUID)],
])('it is the same machine where %s', (_, was, is) => {
  note(was)
  expect(bornElsewhere(paths, is)).toBeUndefined()
})

test.each(['', '{', '[]', 'null', '{"machineId":7,"productUuid":{}}'])('a damaged record says nothing: %s', (text) => {
  writeFileSync(paths.bornFile, text)
  expect(bornElsewhere(paths, machine(OTHER_ID, OTHER_UUID))).toBeUndefined()
  expect(note(machine(ID, UUID))).toHaveLength(1)
  expect(JSON.parse(readFileSync(paths.bornFile, 'utf8'))).toEqual({ machineId: ID, productUuid: UUID })
})

test('a machine that cannot be recorded is logged, and the agent goes on', () => {
  // As a read-only file system, also for root.
  rmSync(paths.stateDirectory, { recursive: true })
  writeFileSync(paths.stateDirectory, '')
  expect(note(machine(ID, UUID))).toEqual([
    expect.stringMatching(/^warn cannot record the machine of this node.*ENOTDIR/),
  ])
})

test('on a full disk the reserve makes room for the record', () => {
  const reserve = reserveOf(paths)
  writeFileSync(reserve, 'x')
  const lines = note(machine(ID, UUID), (path, text) => {
    if (existsSync(reserve)) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    writeStateFile(path, text)
  })
  expect(lines).toEqual([expect.stringMatching(/^info/)])
  expect(existsSync(reserve)).toBe(false)
  expect(bornElsewhere(paths, machine(OTHER_ID, OTHER_UUID))).toBeDefined()
})

test('a copy is refused with both machines and a fix, but not one without an identity', () => {
  note(machine(ID, UUID))
  const copy = machine(OTHER_ID, OTHER_UUID)
  expect(() => refuseCopy(paths, copy)).not.toThrow()
  writeFileSync(paths.nodeIdentity, 'key and certificate')
  expect(() => refuseCopy(paths, machine(ID, UUID))).not.toThrow()
  expect(() => refuseCopy(paths, copy)).toThrow(
    expect.objectContaining({
      code: 'identity/copied',
      message: expect.stringMatching(new RegExp(`${ID}.*${UUID}.*${OTHER_ID}.*${OTHER_UUID}`)),
      fix: expect.stringContaining('run the installation again'),
    }),
  )
})

test('an installation on a copy forgets the identity of the original, and on the same machine keeps it', () => {
  note(machine(ID, UUID))
  const files = [paths.nodeIdentity, paths.nodeKey, paths.linkFile, paths.outboxFile, paths.trustFile]
  for (const path of files) writeFileSync(path, 'x')
  expect(forgetOriginal(paths, machine(ID, UUID))).toBe(false)
  expect(files.every((path) => existsSync(path))).toBe(true)
  expect(forgetOriginal(paths, machine(OTHER_ID, OTHER_UUID))).toBe(true)
  expect([...files, paths.bornFile].filter((path) => existsSync(path))).toEqual([])
})

test('a copy that has the Kubernetes of the original keeps everything, until it is uninstalled', () => {
  note(machine(ID, UUID))
  for (const path of [paths.nodeIdentity, paths.provisionedFile]) writeFileSync(path, 'x')
  expect(() => forgetOriginal(paths, machine(OTHER_ID, OTHER_UUID))).toThrow(
    expect.objectContaining({ code: 'identity/copied', fix: expect.stringContaining('agent uninstall') }),
  )
  expect(existsSync(paths.nodeIdentity)).toBe(true)
})
