import { expect, test } from 'vitest'
import { fakeHost } from '../../test/support/fake-host.ts'
import { memoryLog } from '../../test/support/memory-log.ts'
import { keptSoFar } from '../agent/restore/knowledge.ts'
import { AgentError } from '../base/agent-error.ts'
import type { Undo } from '../host/undo.ts'
import { openLedger } from '../ledger/ledger.ts'
import { replay } from '../ledger/replay.ts'
import type { EngineEvent } from './event.ts'
import { type UndoRunsOptions, undoRuns } from './undo-run.ts'

async function setUp(changes: { role: string; undo: Undo }[]) {
  const { machine } = fakeHost()
  const log = memoryLog()
  const ledger = await openLedger(log)
  for (const { role, undo } of changes) {
    await ledger.append({ kind: 'run-begun', run: role, role, at: 't' })
    await ledger.append({ kind: 'change', run: role, step: 's', change: 'file', what: 'x', undo })
  }
  const events: EngineEvent[] = []
  const undo = (more: Partial<UndoRunsOptions> = {}) =>
    undoRuns({
      ledger,
      machine,
      run: 'r-undo',
      role: 'uninstall',
      emit: (event) => void events.push(event),
      signal: new AbortController().signal,
      ...more,
    })
  return { machine, ledger, log, events, undo }
}

const runUndo = (why: string): Undo => ({ kind: 'run', argv: ['say', why], why })

test('links that start units at boot are removed first, so that a boot does not start half-removed units', async () => {
  const link = '/etc/systemd/system/multi-user.target.wants/kubelet.service'
  const undos: Undo[] = [{ kind: 'remove-path', path: link }, runUndo('stop it')]
  const { machine, undo } = await setUp(undos.map((undo) => ({ role: 'r', undo })))
  machine.files.seedLink(link, '/etc/systemd/system/kubelet.service')
  const there: boolean[] = []
  machine.on(['say'], () => {
    there.push(machine.files.get(link) !== undefined)
    return {}
  })
  await undo()
  expect(there).toEqual([false])
})

test('undoes newest first, continues after an error, and a rerun retries only that', async () => {
  const { machine, undo, events } = await setUp(['a', 'b', 'c'].map((why) => ({ role: 'r', undo: runUndo(why) })))
  machine.on(['say'], {})
  machine.on(['say', 'b'], { exitCode: 1 })
  const report = await undo()
  expect(machine.calls.map(([, why]) => why)).toEqual(['c', 'b', 'a'])
  expect(report).toMatchObject({
    outcome: 'failed',
    undone: 2,
    leftovers: [{ what: 'b', error: { code: 'command/failed' } }],
  })
  expect(events.at(-1)).toMatchObject({ kind: 'run-ended', outcome: 'failed', error: { code: 'command/failed' } })

  machine.on(['say', 'b'], {})
  machine.calls.length = 0
  expect(await undo()).toMatchObject({ outcome: 'done', undone: 1, leftovers: [] })
  expect(machine.calls).toEqual([['say', 'b']])
  expect(await undo()).toMatchObject({ outcome: 'done', undone: 0 })
})

test('what is kept is reported once, and counts as undone', async () => {
  const path = '/etc/edited'
  const { machine, undo } = await setUp([{ role: 'r', undo: { kind: 'remove-path', path, sha256: 'other' } }])
  machine.files.seed(path, 'by a person')
  expect(await undo()).toMatchObject({ outcome: 'done', kept: [{ what: path }], leftovers: [] })
  expect(await undo()).toMatchObject({ undone: 0, kept: [] })
  expect(await machine.read(path)).toBe('by a person')
})

test('volumes that an earlier undo has kept are erased when a person asks for that, once', async () => {
  const { machine, ledger, undo } = await setUp([
    { role: 'r', undo: { kind: 'file-system', device: '/dev/vdb', uuid: 'u' } },
    { role: 'r', undo: { kind: 'remove-path', path: '/etc/edited', sha256: 'other' } },
  ])
  machine.files.seed('/etc/edited', 'by a person')
  machine.files.seed('/sys/block/vdb/dev', '254:16\n')
  machine.on(['blkid'], { stdout: '/dev/vdb\n' })
  machine.on(['wipefs'], {})
  expect((await undo()).kept.map(({ what }) => what).sort()).toEqual(['/dev/vdb', '/etc/edited'])
  expect(machine.calls.filter(([program]) => program === 'wipefs')).toEqual([])
  expect(await undo({ wipeStorage: true })).toMatchObject({ kept: [], removed: [expect.stringContaining('/dev/vdb')] })
  expect(machine.calls.filter(([program]) => program === 'wipefs')).toEqual([['wipefs', '--all', '/dev/vdb']])
  expect((await keptSoFar(ledger.entries(), machine)).map(({ what }) => what)).toEqual(['/etc/edited'])
})

test("objects of other programs are reported, and recorded before removal: a rerun knows them without the programs' records", async () => {
  const names = [1, 2].map((digit) => `cni-${digit}8dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f`)
  const { machine, ledger, log, events, undo } = await setUp([
    { role: 'r', undo: { kind: 'remove-tree', path: '/var/lib/cni' } },
    { role: 'r', undo: { kind: 'remove-network-namespaces', names: ['cni-*'] } },
  ])
  for (const name of names) {
    machine.files.seedDirectory(`/run/netns/${name}`)
    machine.files.seed(`/var/lib/cni/results/cbr0-${name}-eth0`, JSON.stringify({ netns: `/run/netns/${name}` }))
  }
  machine.files.seedDirectory('/run/netns/vpn')
  machine.on(['ip', 'netns', 'pids'], {})
  machine.on(['ip', '-force'], () => {
    const written = Buffer.from(log.bytes).toString()
    expect(names.every((name) => written.includes(name))).toBe(true)
    machine.files.deleteTree(`/run/netns/${names[0]}`, false)
    return { stderr: 'busy' }
  })
  expect(await undo()).toMatchObject({ outcome: 'failed', leftovers: [{ error: { code: 'undo/namespace-left' } }] })
  expect(machine.files.get('/var/lib/cni')).toBeUndefined()

  machine.on(['ip', '-force'], () => {
    machine.files.deleteTree(`/run/netns/${names[1]}`, false)
    return {}
  })
  const report = await undo()
  expect(report).toMatchObject({ outcome: 'done', removed: [`network namespace ${names[1]}`] })
  expect(machine.files.list('/run/netns')).toEqual(['vpn'])
  expect(replay(ledger.entries()).outstanding).toEqual([])
  const logged = events.flatMap((event) => (event.kind === 'log' && event.level === 'info' ? event.message : []))
  expect(logged).toEqual([`removed network namespace ${names[1]}`])
})

test('a second try removes CNI records that the first attributed by a database that is now gone', async () => {
  const [pod, files] = ['cni-18dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f', ['results/site-a', 'networks/site/10.1.0.2']]
  const { machine, ledger, undo } = await setUp([
    { role: 'r', undo: { kind: 'remove-tree', path: '/var/lib/cantrip-x', all: true } },
    { role: 'r', undo: { kind: 'remove-tree', path: '/var/lib/cni', containerd: '/var/lib/cantrip-x' } },
  ])
  machine.files.seedDirectory('/var/lib/cantrip-x')
  machine.on(['grep'], () => ({ stdout: machine.files.get('/var/lib/cantrip-x') === undefined ? '' : pod }))
  const record = JSON.stringify({ networkName: 'site', netns: `/run/netns/${pod}` })
  for (const file of files) machine.files.seed(`/var/lib/cni/${file}`, record)
  const { removeTree } = machine
  machine.removeTree = async (path, options) => {
    if (path.startsWith('/var/lib/cni')) throw new AgentError('undo/tree-left', 'busy', { fix: 'wait' })
    return removeTree(path, options)
  }
  expect(await undo()).toMatchObject({ outcome: 'failed', undone: 1 })
  machine.removeTree = removeTree
  expect(await undo()).toMatchObject({ outcome: 'done', kept: [] })
  expect(machine.files.get('/var/lib/cni')).toBeUndefined()
  expect(replay(ledger.entries()).outstanding).toEqual([])
})

test('a rerun retries a directory together with the leftover in it', async () => {
  const { machine, undo } = await setUp([
    { role: 'r', undo: { kind: 'remove-path', path: '/etc/cantrip-x' } },
    { role: 'r', undo: { kind: 'remove-path', path: '/etc/cantrip-x/file' } },
  ])
  machine.files.seed('/etc/cantrip-x/file', '')
  const { unlink } = machine
  machine.unlink = async (path) => {
    if (path === '/etc/cantrip-x/file') throw new AgentError('file/busy', 'in use', { fix: 'end that' })
  }
  expect(await undo()).toMatchObject({ outcome: 'failed', kept: [], leftovers: [{ what: '/etc/cantrip-x/file' }] })
  machine.unlink = unlink
  expect(await undo()).toMatchObject({ outcome: 'done', undone: 2 })
  expect(await machine.stat('/etc/cantrip-x')).toBeUndefined()
})

test('undoes only the changes of the selected runs', async () => {
  const { machine, ledger, undo } = await setUp([
    { role: 'install', undo: runUndo('install') },
    { role: 'first-master', undo: runUndo('provision') },
  ])
  machine.on(['say'], {})
  await undo({ select: (_change, run) => run?.role !== 'install' })
  expect(machine.calls).toEqual([['say', 'provision']])
  expect(replay(ledger.entries()).outstanding).toHaveLength(1)
})

test('daemon-reloads are combined, and run before units and at the end', async () => {
  const reload: Undo = { kind: 'daemon-reload' }
  const unit: Undo = { kind: 'unit', unit: 'x.service', before: { enabled: false, active: false } }
  const { machine, undo, ledger } = await setUp(
    [reload, reload, unit, reload, runUndo('x'), reload].map((one) => ({ role: 'r', undo: one })),
  )
  machine.on(['say'], {})
  const order: string[] = []
  machine.daemonReload = async () => void order.push('reload')
  machine.unitState = async () => {
    order.push('unit')
    return { enabled: false, active: false }
  }
  await undo()
  expect(order).toEqual(['reload', 'reload', 'unit', 'reload'])
  expect(replay(ledger.entries()).outstanding).toEqual([])
})

test('when stopped, ends between two changes', async () => {
  const controller = new AbortController()
  const { machine, undo } = await setUp(['a', 'b'].map((why) => ({ role: 'r', undo: runUndo(why) })))
  machine.on(['say'], () => {
    controller.abort()
    return {}
  })
  expect(await undo({ signal: controller.signal })).toMatchObject({ outcome: 'cancelled', undone: 1 })
})

test('after a power cut, a file in a removed directory is not restored again', async () => {
  const path = '/etc/etcd/pki/peer.key'
  const attributes = { backup: '/var/backup', mode: 0o600, uid: 0, gid: 0, mtimeMs: 0 }
  const undos: Undo[] = [
    { kind: 'remove-path', path: '/etc/etcd/pki' },
    { kind: 'remove-path', path },
    { kind: 'restore-file', path, ...attributes },
  ]
  const { machine, log, undo } = await setUp(undos.map((undo) => ({ role: 'r', undo })))
  machine.files.seed(path, 'new')
  machine.files.seed('/var/backup', 'old')
  let kept = log.durable
  const { removeDirectory } = machine
  machine.removeDirectory = async (directory) => {
    kept = log.durable
    return removeDirectory(directory)
  }
  await undo()
  const ledger = await openLedger(memoryLog(kept))
  expect(machine.files.get('/etc/etcd/pki')).toBeUndefined()
  expect(await undo({ ledger })).toMatchObject({ outcome: 'done', leftovers: [] })
})
