import { expect, test } from 'vitest'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { memoryLog } from '../../../test/support/memory-log.ts'
import { walkFake } from '../../../test/support/walk-fake.ts'
import type { RecordChange } from '../../host/change.ts'
import { recordingHost } from '../../host/recording.ts'
import type { Entry } from '../../ledger/entry.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { pathsOf } from '../paths.ts'
import { afterSnapshot, snapshotFor } from './snapshots.ts'
import { undoChangesOn } from './undo-changes.ts'

const paths = pathsOf()

/** A bare machine with a ledger directory, a workspace, and the records of its runs. */
async function scene(...entries: Entry[]) {
  const machine = fakeMachine()
  for (const path of ['/etc', '/usr/local/bin', '/var/lib/cantrip', '/run/systemd']) machine.files.seedDirectory(path)
  machine.files.seed('/etc/hosts', 'before')
  const ledger = await openLedger(memoryLog())
  for (const entry of entries) await ledger.append(entry)
  const hostFor = (record: RecordChange) =>
    recordingHost({ machine, record, backupDirectory: `${paths.stateDirectory}/backups` })
  const workspace = { machine, ledger, hostFor }
  return { ...workspace, workspace, observer: { view: machine, walk: walkFake(machine.files) } }
}

const began = (run: string): Entry => ({ kind: 'run-begun', run, role: run, at: '2026-01-01T00:00:00.000Z' })
const changed = (step: string, path: string): Entry => ({
  ...{ kind: 'change', run: 'install', step, change: 'file', what: path },
  undo: { kind: 'remove-path', path },
})

test('one snapshot is taken, before the first change', async () => {
  const { workspace, machine, ledger, observer } = await scene(began('install'))
  const { hostFor } = afterSnapshot(workspace, paths, 'install', observer)
  const record: RecordChange = async ({ kind, what, undo }) => {
    expect(machine.files.get('/var/lib/cantrip/before-install.snapshot'), 'before it is recorded').toBeDefined()
    await ledger.append({ kind: 'change', run: 'install', step: 'install/x', change: kind, what, undo })
  }
  await hostFor(record).write('/etc/hosts', 'new')
  machine.files.seed('/etc/later', 'x')
  await hostFor(record).write('/etc/cantrip.conf', 'new')
  const files = (await snapshotFor('all', paths, machine))?.facts.file ?? {}
  expect(Object.keys(files)).toContain('/etc/hosts')
  expect(Object.keys(files)).not.toContain('/etc/later')
  expect(Object.keys(files)).not.toContain('/etc/cantrip.conf')
})

test('a continued run keeps the first snapshot', async () => {
  const { workspace, machine, observer } = await scene(began('install'), changed('install/x', '/etc/cantrip-x'))
  const { hostFor } = afterSnapshot(workspace, paths, 'install', observer)
  await hostFor(async () => undefined).write('/etc/cantrip.conf', 'new')
  expect(await snapshotFor('all', paths, machine)).toBeUndefined()
})

test('the snapshot before Kubernetes differs from the one before the agent', async () => {
  const { workspace, machine, observer } = await scene(began('install'), changed('install/x', '/etc/cantrip-x'))
  await afterSnapshot(workspace, paths, 'kubernetes', observer)
    .hostFor(async () => undefined)
    .write('/etc/kubernetes/x', 'new')
  expect((await snapshotFor('kubernetes', paths, machine))?.takenAt).toBe('2026-01-01T00:00:00.000Z')
  expect(await snapshotFor('agent', paths, machine)).toBeUndefined()
})

test('a change without a record is found after the undo, and the ledger stays until it is fixed', async () => {
  const { workspace, machine, ledger, observer } = await scene(began('install'))
  const { hostFor } = afterSnapshot(workspace, paths, 'install', observer)
  const host = hostFor(async ({ kind, what, undo }) => {
    await ledger.append({ kind: 'change', run: 'install', step: 'kubelet/x', change: kind, what, undo })
  })
  await host.write('/etc/kubernetes/x', 'new')
  machine.files.seed('/var/lib/calico/nodename', 'by a pod')
  const close = async () => undefined
  const { signal } = new AbortController()
  const uninstall = () =>
    undoChangesOn(
      { machine, ledger: { ...ledger, close } },
      { paths, scope: 'all', run: 'uninstall', emit: () => undefined, observer, signal },
    )
  const first = await uninstall()
  expect(first).toMatchObject({ restored: false, leftovers: [], kept: [], unrelated: [] })
  expect(first.differences).toEqual([
    expect.objectContaining({ kind: 'file', what: '/var/lib/calico', fix: expect.stringContaining('ls -la') }),
  ])
  expect(machine.files.get(paths.stateDirectory)).toBeDefined()

  machine.files.deleteTree('/var/lib/calico', false)
  expect(await uninstall()).toMatchObject({ restored: true, differences: [] })
  expect(machine.files.get(paths.stateDirectory)).toBeUndefined()
})

test('an agent of the image that was updated belongs to the image, so an uninstallation restores it with zero differences', async () => {
  const baked = changed('bake/agent', paths.executable)
  const { workspace, machine, ledger, observer } = await scene(began('bake'), baked, began('install'))
  machine.files.seed(paths.executable, 'of the image')
  const { hostFor } = afterSnapshot(workspace, paths, 'install', observer)
  const host = hostFor(async ({ kind, what, undo }) => {
    await ledger.append({ kind: 'change', run: 'install', step: 'install/x', change: kind, what, undo })
  })
  await host.write(paths.configFile, 'new')
  machine.files.seed(paths.executable, 'updated')
  const options = { paths, run: 'uninstall', emit: () => undefined, observer, signal: new AbortController().signal }
  const close = async () => undefined
  const result = await undoChangesOn({ machine, ledger: { ...ledger, close } }, { ...options, scope: 'all' })
  expect(result).toMatchObject({ restored: true, differences: [], leftovers: [] })
  expect(await machine.read(paths.executable)).toBe('updated')
})

test('an uninstallation of what was baked says that only what the ledger names is compared', async () => {
  const { machine, ledger, observer } = await scene(began('bake'), changed('bake/agent', paths.executable))
  machine.files.seed(paths.executable, 'of the image')
  const options = { paths, run: 'uninstall', emit: () => undefined, observer, signal: new AbortController().signal }
  const close = async () => undefined
  const result = await undoChangesOn({ machine, ledger: { ...ledger, close } }, { ...options, scope: 'baked' })
  expect(result).toMatchObject({
    restored: true,
    notCompared: ['what the ledger does not name: the snapshot shows the image'],
  })
})
