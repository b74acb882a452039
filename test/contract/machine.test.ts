import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change } from '../../src/host/change.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import type { Machine } from '../../src/host/machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { carryOut } from '../../src/ledger/undo/carry-out.ts'
import { fakeMachine } from '../support/fake-machine.ts'

/** The subset of systemctl that the machine uses, with its state in files. */
const systemctlShim = (state: string) => `#!/bin/sh
verb=$1; for unit; do :; done
enabled=${state}/$unit.enabled; active=${state}/$unit.active
case $verb in
  show) [ -e $enabled ] && echo UnitFileState=enabled || echo UnitFileState=disabled
        [ -e $active ] && echo ActiveState=active || echo ActiveState=inactive;;
  enable) touch $enabled; [ "$2" = --now ] && touch $active || true;;
  disable) rm -f $enabled; [ "$2" = --now ] && rm -f $active || true;;
  start|restart) touch $active;;
  stop) rm -f $active;;
  reset-failed|daemon-reload) ;;
  *) exit 1;;
esac
`

let scratch: string
const formerPath = process.env.PATH

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-contract-'))
  await writeFile(join(scratch, 'systemctl'), systemctlShim(scratch))
  await chmod(join(scratch, 'systemctl'), 0o755)
  process.env.PATH = `${scratch}:${formerPath}`
})

afterAll(async () => {
  process.env.PATH = formerPath
  await rm(scratch, { recursive: true })
})

interface Subject {
  machine: Machine
  /** An empty directory to work in. */
  root: string
}

const subjects: Record<string, () => Promise<Subject>> = {
  'the fake machine': async () => {
    const machine = fakeMachine()
    machine.files.seedDirectory('/scene/root')
    machine.on(['false'], { exitCode: 1 })
    machine.on(['printf', 'x'], { stdout: 'x' })
    machine.on(['cat'], (_argv, options) => ({ stdout: options.stdin ?? '' }))
    return { machine, root: '/scene/root' }
  },
  'the linux machine': async () => ({ machine: linuxMachine(), root: await mkdtemp(join(scratch, 'root-')) }),
}

describe.each(Object.entries(subjects))('%s', (_name, open) => {
  const setUp = async () => {
    const { machine, root } = await open()
    const changes: Change[] = []
    const record = async (change: Change) => void changes.push(change)
    const host = recordingHost({ machine, record, backupDirectory: `${root}/../backups` })
    const undoAll = async () => {
      for (const { undo } of changes.toReversed()) await carryOut(undo, machine)
    }
    return { machine, host, changes, root, undoAll }
  }

  test('missing files are undefined, also below a regular file', async () => {
    const { host, root } = await setUp()
    await host.write(`${root}/file`, '')
    for (const path of [`${root}/none`, `${root}/file/below`]) {
      expect(await host.read(path)).toBeUndefined()
      expect(await host.stat(path)).toBeUndefined()
      expect(await host.list(path)).toBeUndefined()
      expect(await host.readLink(path)).toBeUndefined()
      expect(await host.sha256(path)).toBeUndefined()
    }
  })

  test('a written file has its text, mode and checksum, and is the only entry of its directory', async () => {
    const { host, root } = await setUp()
    await host.write(`${root}/a/b/file`, 'text', 0o640)
    expect(await host.read(`${root}/a/b/file`)).toBe('text')
    expect(await host.stat(`${root}/a/b/file`)).toMatchObject({ kind: 'file', size: 4, mode: 0o640 })
    expect(await host.list(`${root}/a/b`)).toEqual(['file'])
    expect(await host.sha256(`${root}/a/b/file`)).toBe(
      '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
    )
  })

  test('stat reports links, read follows them, and write replaces them', async () => {
    const { host, root } = await setUp()
    await host.write(`${root}/target`, 'target')
    await host.link('target', `${root}/link`)
    expect(await host.stat(`${root}/link`)).toMatchObject({ kind: 'symlink' })
    expect(await host.read(`${root}/link`)).toBe('target')
    expect(await host.readLink(`${root}/link`)).toBe('target')
    await host.write(`${root}/link`, 'own')
    expect(await host.stat(`${root}/link`)).toMatchObject({ kind: 'file' })
    expect(await host.read(`${root}/target`)).toBe('target')
  })

  test('undo restores content, mode and time of files, links and directories', async () => {
    const { machine, host, changes, root, undoAll } = await setUp()
    await machine.writeFile(`${root}/kept`, 'before', 0o640)
    await machine.createLink('kept', `${root}/link`)
    await machine.createDirectory(`${root}/empty`, 0o755)
    const before = await machine.stat(`${root}/kept`)

    await host.write(`${root}/kept`, 'after')
    await host.write(`${root}/kept`, 'after all', 0o600)
    await host.write(`${root}/link`, 'a file now')
    await host.write(`${root}/new/deep/file`, 'new')
    await host.makeDirectory(`${root}/tree`, 0o700)
    await host.makeDirectory(`${root}/empty`)
    await machine.writeFile(`${root}/tree/someone`, '', 0o644)
    await machine.writeFile(`${root}/empty/someone`, '', 0o644)
    await host.install(`${root}/kept`, `${root}/copy`, 0o755)
    await host.remove(`${root}/kept`)
    expect(changes.length).toBeGreaterThan(8)

    await undoAll()
    expect(await machine.list(root)).toEqual(['empty', 'kept', 'link'])
    expect(await machine.list(`${root}/empty`)).toEqual([])
    expect(await machine.read(`${root}/kept`)).toBe('before')
    // Until the backups are removed, the backup is a second hard link of the file.
    expect(await machine.stat(`${root}/kept`)).toEqual({ ...before, links: expect.any(Number) })
    expect(await machine.readLink(`${root}/link`)).toBe('kept')
    await undoAll()
    expect(await machine.stat(`${root}/kept`)).toEqual({ ...before, links: expect.any(Number) })
  })

  test('the source of an installed file keeps its mode', async () => {
    const { machine, host, root } = await setUp()
    await machine.writeFile(`${root}/theirs`, 'x', 0o700)
    await host.install(`${root}/theirs`, `${root}/ours`, 0o755)
    expect([(await machine.stat(`${root}/theirs`))?.mode, (await machine.stat(`${root}/ours`))?.mode]).toEqual([
      0o700, 0o755,
    ])
  })

  test('later changes by users are kept and reported', async () => {
    const { machine, host, changes, root } = await setUp()
    await machine.writeFile(`${root}/old`, 'before', 0o644)
    await host.write(`${root}/old`, 'ours')
    await host.write(`${root}/new/file`, 'ours')
    await machine.writeFile(`${root}/old`, 'theirs', 0o644)
    await machine.writeFile(`${root}/new/file`, 'theirs', 0o644)
    const kept = []
    for (const { undo } of changes.toReversed()) kept.push((await carryOut(undo, machine))?.kept)
    expect(kept).toEqual([
      expect.stringContaining('was changed since'),
      expect.stringContaining('contains files that Cantrip did not create'),
      expect.stringContaining('was changed since'),
    ])
    expect(await machine.read(`${root}/old`)).toBe('theirs')
    expect(await machine.read(`${root}/new/file`)).toBe('theirs')
  })

  test('a second run of the same changes records nothing', async () => {
    const { host, changes, root } = await setUp()
    const work = async () => {
      await host.write(`${root}/file`, 'x', 0o600)
      await host.link('file', `${root}/link`)
      await host.install(`${root}/file`, `${root}/copy`, 0o600)
      await host.remove(`${root}/none`)
      await host.setUnit('some.service', { enabled: true, active: true })
    }
    await work()
    const first = changes.length
    await work()
    expect(changes).toHaveLength(first)
  })

  test('undo restores the state of units', async () => {
    const { machine, host, undoAll } = await setUp()
    const unit = `unit-${Math.random()}.service`
    await host.setUnit(unit, { enabled: true, active: true })
    expect(await machine.unitState(unit)).toEqual({ enabled: true, active: true })
    await host.restartUnit(unit)
    await host.setUnit(unit, { active: false })
    expect(await machine.unitState(unit)).toEqual({ enabled: true, active: false })
    await undoAll()
    expect(await machine.unitState(unit)).toEqual({ enabled: false, active: false })
  })

  test('commands: ask accepts any exit code, run rejects a non-zero one, a missing program is named', async () => {
    const { host } = await setUp()
    const undo = { kind: 'nothing', because: 'a test' } as const
    expect(await host.ask(['false'])).toMatchObject({ exitCode: 1 })
    expect(await host.run(['printf', 'x'], undo)).toEqual({ exitCode: 0, stdout: 'x', stderr: '' })
    expect((await host.ask(['cat'], { stdin: 'secret' })).stdout).toBe('secret')
    await expect(host.run(['false'], undo)).rejects.toMatchObject({ code: 'command/failed' })
    await host.run(['false'], undo, { okCodes: [0, 1] })
    await expect(host.ask(['no-such-command-here'])).rejects.toMatchObject({ code: 'command/not-found' })
  })

  test('a sleep ends with the reason of its signal', async () => {
    const { host } = await setUp()
    const reason = new Error('enough')
    await expect(host.sleep(1, AbortSignal.abort(reason))).rejects.toBe(reason)
    await host.sleep(1)
  })
})
