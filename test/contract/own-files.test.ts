import { execFileSync } from 'node:child_process'
import { chown, link, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change } from '../../src/host/change.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import type { Machine } from '../../src/host/machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { carryOut } from '../../src/ledger/undo/carry-out.ts'
import { fakeMachine } from '../support/fake-machine.ts'

const BOB = 12_345

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-own-'))
})
afterAll(() => rm(scratch, { recursive: true }))

interface Subject {
  machine: Machine
  root: string
  giveTo(path: string, uid: number): Promise<void>
  secondName(path: string, existing: string): Promise<void>
  /** A named pipe without a writer. */
  special(path: string): Promise<void>
}

const subjects: Record<string, () => Promise<Subject>> = {
  'the fake machine': async () => {
    const machine = fakeMachine()
    machine.files.seedDirectory('/scene')
    return {
      machine,
      root: '/scene',
      giveTo: async (path, uid) => machine.files.setAttributes(path, { uid, gid: uid }),
      secondName: async (path, existing) => machine.files.seedHardLink(path, existing),
      special: async (path) =>
        void machine.files.nodes.set(path, { kind: 'other', mode: 0o644, uid: 0, gid: 0, mtimeMs: 0 }),
    }
  },
  'the linux machine': async () => ({
    machine: linuxMachine(),
    root: await mkdtemp(join(scratch, 'root-')),
    giveTo: (path, uid) => chown(path, uid, uid),
    secondName: (path, existing) => link(existing, path),
    special: async (path) => void execFileSync('mkfifo', [path]),
  }),
}

describe.skipIf(process.getuid?.() !== 0).each(Object.entries(subjects))('%s (needs root)', (_name, open) => {
  const setUp = async () => {
    const subject = await open()
    const { machine, root } = subject
    const changes: Change[] = []
    const record = async (change: Change) => void changes.push(change)
    return {
      ...subject,
      changes,
      host: recordingHost({ machine, record, backupDirectory: `${root}/backups` }),
      undoAll: async () => {
        for (const { undo } of changes.toReversed()) await carryOut(undo, machine)
      },
    }
  }
  const OWNED_BY_ROOT = { kind: 'file', uid: 0, gid: 0, links: 1, mode: 0o755 }

  test('an installed file belongs to root only, whoever owned the source', async () => {
    const { machine, host, root, giveTo } = await setUp()
    await machine.writeFile(`${root}/theirs`, 'agent', 0o777)
    await giveTo(`${root}/theirs`, BOB)
    await machine.createLink('theirs', `${root}/link`)
    for (const source of ['theirs', 'link']) {
      await host.install(`${root}/${source}`, `${root}/from-${source}`, 0o755)
      expect(await machine.stat(`${root}/from-${source}`)).toMatchObject({ ...OWNED_BY_ROOT, size: 5 })
    }
    expect(await machine.stat(`${root}/theirs`)).toMatchObject({ uid: BOB, links: 1, mode: 0o777 })
  })

  test.each([
    ['a second name', async ({ secondName, root }: Subject) => secondName(`${root}/theirs`, `${root}/there`)],
    ['another owner', async ({ giveTo, root }: Subject) => giveTo(`${root}/there`, BOB)],
    ['another mode', async ({ machine, root }: Subject) => machine.setMode(`${root}/there`, 0o775)],
  ])('an existing file with the same content and %s is replaced, and undo restores it', async (_, spoil) => {
    const subject = await setUp()
    const { machine, host, root, changes, undoAll } = subject
    await machine.writeFile(`${root}/source`, 'agent', 0o755)
    await machine.writeFile(`${root}/there`, 'agent', 0o755)
    await spoil(subject)
    const before = await machine.stat(`${root}/there`)
    await host.install(`${root}/source`, `${root}/there`, 0o755)
    await host.write(`${root}/there`, 'agent', 0o755)
    expect(await machine.stat(`${root}/there`)).toMatchObject(OWNED_BY_ROOT)
    expect(changes).toHaveLength(1)
    await undoAll()
    expect(await machine.stat(`${root}/there`)).toMatchObject({ mode: before?.mode, uid: before?.uid })
  })

  test('a moved file is gone from its old path, even with a second hard link', async () => {
    const { machine, host, root, secondName, giveTo } = await setUp()
    for (const name of ['one', 'two', 'three']) await machine.writeFile(`${root}/${name}`, name, 0o644)
    await secondName(`${root}/elsewhere`, `${root}/two`)
    await giveTo(`${root}/three`, BOB)
    for (const name of ['one', 'two', 'three']) {
      await host.move(`${root}/${name}`, `${root}/bin-${name}`, 0o755)
      expect(await machine.stat(`${root}/bin-${name}`)).toMatchObject(OWNED_BY_ROOT)
      expect(await machine.read(`${root}/bin-${name}`)).toBe(name)
      expect(await machine.stat(`${root}/${name}`)).toBeUndefined()
    }
    expect(await machine.stat(`${root}/elsewhere`)).toMatchObject({ mode: 0o644, links: 1 })
  })

  test('a discarded file is deleted', async () => {
    const { machine, host, root, changes, undoAll } = await setUp()
    await host.write(`${root}/archive`, 'x')
    await host.discard(`${root}/archive`, 'a test')
    await host.discard(`${root}/none`, 'a test')
    expect(await machine.stat(`${root}/archive`)).toBeUndefined()
    expect(changes.map(({ undo }) => undo.kind)).toEqual(['remove-path', 'nothing'])
    await undoAll()
    expect(await machine.list(root)).toEqual([])
  })

  test('content and attributes of a file are read from one descriptor; other file types are reported without blocking', async () => {
    const { machine, root, special } = await setUp()
    await machine.writeFile(`${root}/file`, 'text', 0o600)
    await machine.createLink('file', `${root}/link`)
    await special(`${root}/pipe`)
    expect(await machine.readFileItself(`${root}/file`, 4)).toMatchObject({
      stat: { ...OWNED_BY_ROOT, mode: 0o600 },
      text: 'text',
    })
    expect(await machine.readFileItself(`${root}/file`, 3)).toEqual({ stat: expect.objectContaining({ size: 4 }) })
    expect(await machine.readFileItself(`${root}/link`, 9)).toEqual({
      stat: expect.objectContaining({ kind: 'symlink' }),
    })
    expect(await machine.readFileItself(root, 9)).toEqual({ stat: expect.objectContaining({ kind: 'directory' }) })
    expect(await machine.readFileItself(`${root}/pipe`, 9)).toEqual({
      stat: expect.objectContaining({ kind: 'other' }),
    })
    expect(await machine.readFileItself(`${root}/none`, 9)).toBeUndefined()
  })
})
