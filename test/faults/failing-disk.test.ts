/** Real files on a disk that is full or fails at each write: ledger, backup, temporary file, fsync. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EngineEvent } from '../../src/engine/event.ts'
import { runWorkflow } from '../../src/engine/run-workflow.ts'
import { undoRuns } from '../../src/engine/undo-run.ts'
import { openDurableLog } from '../../src/host/linux/files/durable-log.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { isFull, keepResult, seed } from '../run/campaign.ts'
import { disk, type Write } from './failing-disk.ts'
import { filesWorkflow } from './files-workflow.ts'
import { listTree } from './list-tree.ts'

vi.mock('node:fs/promises', async (importOriginal) => {
  const { spoil } = await import('./failing-disk.ts')
  return spoil(await importOriginal<typeof import('node:fs/promises')>())
})

let directory: string
let root: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cantrip-disk-'))
  root = join(directory, 'host')
  mkdirSync(root)
  writeFileSync(join(root, 'source'), 'to be installed')
  for (const id of ['a', 'b']) {
    for (let i = 0; i < 2; i++) writeFileSync(join(root, `old-${id}-${i}`), `before ${i}`)
    symlinkSync('somewhere', join(root, `link-${id}-1`))
  }
})
afterEach(() => rmSync(directory, { recursive: true }))

interface Ended {
  code: string
  /** Writes to the host after the ledger has failed, except the removal of temporary files. */
  late: string[]
}

/** `done`, or the code of the error. */
async function execute(verb: 'run' | 'undo', failAt: number, code: 'ENOSPC' | 'EIO'): Promise<Ended> {
  Object.assign(disk, { failAt, code, writes: [] })
  const errors: string[] = []
  const emit = (event: EngineEvent) => 'error' in event && event.error && errors.push(event.error.code)
  const common = { run: 'r-1', emit, signal: new AbortController().signal }
  let outcome = 'failed'
  try {
    const ledger = await openLedger(await openDurableLog(join(directory, 'state'), 'ledger'))
    const machine = linuxMachine()
    const backupDirectory = join(directory, 'backups')
    try {
      outcome =
        verb === 'undo'
          ? (await undoRuns({ ...common, ledger, machine, role: 'uninstall' })).outcome
          : await runWorkflow({
              ...common,
              workflow: filesWorkflow(root, 2),
              params: undefined,
              view: machine,
              hostFor: (record) => recordingHost({ machine, record, backupDirectory }),
              ledger,
            })
    } finally {
      await ledger.close()
    }
  } catch (error) {
    errors.push((error as { code: string }).code)
  } finally {
    disk.failAt = Number.POSITIVE_INFINITY
  }
  return { code: outcome === 'done' ? 'done' : (errors[0] ?? outcome), late: lateWrites(failAt) }
}

function lateWrites(failAt: number): string[] {
  const failed = disk.writes[failAt - 1]
  if (!failed?.path.endsWith('ledger.jsonl')) return []
  // The other component may be making one change whose record was already durable.
  const isEffect = ({ name, path }: Write) => path.startsWith(root) && name !== 'unlink' && name !== 'sync'
  const late = disk.writes.slice(failAt).filter(isEffect)
  return [...new Set(late.map(({ path }) => path.replace(/\/\.([^/]+)\.cantrip$/, '/$1')))].slice(1)
}

const NAMED = { ENOSPC: 'disk/full', EIO: 'disk/broken' }
const EACH = isFull ? 1 : 6
const never = Number.POSITIVE_INFINITY
const counts = { ENOSPC: 0, EIO: 0, 'EIO while undoing': 0 }
const failed: string[] = []
const startedMs = Date.now()
afterEach(({ task }) => {
  if (task.result?.state === 'fail') failed.push(task.name)
})
afterAll(() => keepResult('failing-disk', { counts, failed }, startedMs))

/** Runs the work with a failure at one in `EACH` writes, until there is no such write. Returns the number of failures. */
async function atWrites(work: (failAt: number) => Promise<Write | undefined>): Promise<number> {
  let count = 0
  for (let failAt = 1 + (seed % EACH); (await work(failAt)) !== undefined; failAt += EACH) count += 1
  return count
}

test.each(['ENOSPC', 'EIO'] as const)(
  '%s at writes of a run: reported with its code, and a rerun completes it',
  {
    timeout: 900_000,
  },
  async (code) => {
    const before = listTree(root)
    expect(await execute('run', never, code)).toMatchObject({ code: 'done' })
    const after = listTree(root, { times: false })
    expect(await execute('undo', never, code)).toMatchObject({ code: 'done' })
    expect(listTree(root)).toEqual(before)

    counts[code] = await atWrites(async (failAt) => {
      const { code: ended, late } = await execute('run', failAt, code)
      const write = disk.writes[failAt - 1]
      const which = `seed ${seed}, ${write?.name} of ${write?.path}`
      if (write) expect(ended, which).toBe(NAMED[code])
      expect(late, which).toEqual([])
      if (failAt % 4 < 2) {
        expect(await execute('run', never, code)).toMatchObject({ code: 'done' })
        expect(listTree(root, { times: false }), which).toEqual(after)
      }
      expect(await execute('undo', never, code)).toMatchObject({ code: 'done' })
      expect(listTree(root), which).toEqual(before)
      return write
    })
  },
)

test('EIO at writes of an undo: reported, and a rerun completes it', { timeout: 900_000 }, async () => {
  const before = listTree(root)
  counts['EIO while undoing'] = await atWrites(async (failAt) => {
    expect(await execute('run', never, 'EIO')).toMatchObject({ code: 'done' })
    const { code } = await execute('undo', failAt, 'EIO')
    const write = disk.writes[failAt - 1]
    const which = `seed ${seed}, ${write?.name} of ${write?.path}`
    if (write) expect(['disk/broken', 'undo/tree-left'], which).toContain(code)
    expect(await execute('undo', never, 'EIO')).toMatchObject({ code: 'done' })
    expect(listTree(root), which).toEqual(before)
    return write
  })
})
