import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type FakeHost, fakeHost } from '../../../test/support/fake-host.ts'
import { memoryLog } from '../../../test/support/memory-log.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { RecordChange } from '../../host/change.ts'
import { recordingHost } from '../../host/recording.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { replay } from '../../ledger/replay.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { pathOf } from '../../protocol/api/route.ts'
import { pathsOf } from '../paths.ts'
import type { Workspace } from '../restore/workspace.ts'
import { isIn } from '../scope.ts'
import { settleUpdate } from './settle.ts'
import { type UpdateAnswer, updateAgent } from './update.ts'

const paths = pathsOf()
const NEW = 'the new agent'
const sha256 = createHash('sha256').update(NEW).digest('hex')
const order = { version: '2.0.0', sha256, size: NEW.length, attempt: 1 }
const MV = '/usr/bin/mv'

async function node() {
  const host = fakeHost({ directories: ['/etc/systemd/system', '/usr/bin', paths.stateDirectory] })
  for (const name of [MV, '/usr/bin/systemctl']) host.files.seed(name, '', { mode: 0o755 })
  host.files.seed(paths.executable, 'the former agent', { mode: 0o755 })
  host.machine.downloads.set(`https://c${pathOf(agentRoutes.fetchAgent, { sha256 })}`, Buffer.from(NEW))
  host.on(['systemd-run'], { stdout: 'fine' })
  host.on([MV], ([, , , from = '', to = '']) => {
    host.files.seed(to, host.text(from), { mode: 0o755 })
    host.machine.unlink(from)
    return {}
  })
  host.on(['/usr/bin/systemctl', '--no-block', 'restart'], {})
  host.on(['systemctl', 'disable', '--now', '--', paths.guardTimer], () => {
    host.units.delete(paths.guardTimer)
    return {}
  })
  const ledger = await openLedger(memoryLog())
  const hostFor = (record: RecordChange) =>
    recordingHost({ machine: host.machine, record, backupDirectory: '/var/lib/cantrip/backups' })
  const workspace: Workspace = { machine: host.machine, ledger: { ...ledger, close: async () => undefined }, hostFor }
  const update = (attempt = 1, open = async () => workspace): Promise<UpdateAnswer> =>
    updateAgent({
      ...{ paths, order: { ...order, attempt }, view: host.machine, signal: new AbortController().signal },
      access: () => ({ config: { urls: ['https://c'] }, tls: { ca: '', cert: '', key: '' } }),
      workspace: open,
      emit: () => undefined,
    })
  return { host, workspace, update, ledger }
}

const restarts = ({ calls }: FakeHost) => calls.filter((argv) => argv.join(' ').includes('restart')).length
const isThere = async (host: FakeHost, path: string) => (await host.stat(path)) !== undefined

test('the new executable takes the place of the former one, which stays beside it until the controller has welcomed the new one', async () => {
  const { host, workspace, update } = await node()
  expect(await update()).toEqual({ outcome: 'not-yet', waitingFor: 'the new agent to connect' })
  expect(host.text(paths.executable)).toBe(NEW)
  expect(host.text(paths.formerExecutable)).toBe('the former agent')
  expect(host.units.get(paths.guardTimer)).toEqual({ enabled: true, active: true })
  expect(restarts(host)).toBe(1)
  await settleUpdate(paths, workspace)
  expect(await update()).toEqual({ outcome: 'done' })
  for (const path of [paths.formerExecutable, paths.guardUnitFile, paths.guardTimerFile, paths.newExecutable]) {
    expect(await isThere(host, path)).toBe(false)
  }
})

test('the guard uses programs of the system only, and the former executable if it is there', async () => {
  const { host, update } = await node()
  await update()
  const unit = host.text(paths.guardUnitFile)
  expect(unit).toContain(`ConditionPathExists=${paths.formerExecutable}\n`)
  expect(unit.match(/^ExecStart=.*$/gm)).toEqual([
    `ExecStart=${MV} -f -T ${paths.formerExecutable} ${paths.executable}`,
    `ExecStart=/usr/bin/systemctl --no-block restart ${paths.unit}`,
  ])
})

test('an agent that came back fails this attempt, and a higher one tries again', async () => {
  const { host, workspace, update } = await node()
  await update()
  host.on(['journalctl'], { stdout: 'Error: cannot open the ledger\n' })
  // What the guard does.
  await host.machine.execute([MV, '-f', '-T', paths.formerExecutable, paths.executable])
  await settleUpdate(paths, workspace)
  expect(await update()).toMatchObject({
    outcome: 'failed',
    error: { code: 'agent-update/came-back', message: expect.stringContaining('cannot open the ledger') },
  })
  expect(restarts(host)).toBe(1)
  expect(await update(2)).toEqual({ outcome: 'not-yet', waitingFor: 'the new agent to connect' })
})

test.each<[string, string, (host: FakeHost) => void]>([
  [
    'the new one does not pass its check',
    'agent-update/self-check',
    (host) => host.on(['systemd-run'], { exitCode: 1 }),
  ],
  ['the disk is full', 'agent-update/disk-full', (host) => host.setDisk({ freeBytes: 60 * 2 ** 20 })],
  ['mv is missing', 'agent-update/no-tools', (host) => void host.machine.unlink(MV)],
])('if %s, the former one stays', async (_, code, spoil) => {
  const { host, update } = await node()
  spoil(host)
  expect(await update()).toMatchObject({ outcome: 'failed', error: { code } })
  expect(host.text(paths.executable)).toBe('the former agent')
  expect(await isThere(host, paths.newExecutable)).toBe(false)
  expect(await isThere(host, paths.guardTimerFile)).toBe(false)
  expect(restarts(host)).toBe(0)
})

test('never during a run', async () => {
  const { host, update } = await node()
  host.files.seed(paths.instructionFile, '{}')
  expect(await update()).toEqual({ outcome: 'not-yet', waitingFor: 'the run of the node to end' })
  expect(host.text(paths.executable)).toBe('the former agent')
})

test('while another process changes the node, it waits', async () => {
  const { host, workspace, update } = await node()
  const busy = new AgentError('ledger/busy', 'process 7 is already changing this machine', { fix: 'wait' })
  expect(await update(1, () => Promise.reject(busy))).toEqual({
    outcome: 'not-yet',
    waitingFor: 'another change of this node to end',
  })
  expect(host.text(paths.executable)).toBe('the former agent')
  expect(await update(1, async () => workspace)).toEqual({ outcome: 'not-yet', waitingFor: 'the new agent to connect' })
})

test.each(['on trial', 'settled'])(
  'an uninstallation after an update that is %s leaves nothing of it',
  async (when) => {
    const { host, workspace, update, ledger } = await node()
    const before = new Set(await host.list('/etc/systemd/system'))
    await update()
    if (when === 'settled') await settleUpdate(paths, workspace)
    const changes = replay(ledger.entries()).outstanding
    expect(changes.every(({ step }) => isIn('agent', step) && !isIn('kubernetes', step))).toBe(true)
    for (const { undo } of changes) await carryOut(undo, host.machine)
    expect(new Set(await host.list('/etc/systemd/system'))).toEqual(before)
    expect(await host.list('/usr/local/bin')).toEqual(['cantrip-agent'])
    expect(host.units.get(paths.guardTimer) ?? { enabled: false, active: false }).toEqual({
      enabled: false,
      active: false,
    })
    expect(await host.list('/var/lib/cantrip/backups')).toBeUndefined()
  },
)
