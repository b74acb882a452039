import { expect, test } from 'vitest'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { memoryLog } from '../../../test/support/memory-log.ts'
import { planningHost } from '../../host/planning.ts'
import { recordingHost } from '../../host/recording.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { planWorkflow } from '../plan-workflow.ts'
import { runWorkflow } from '../run-workflow.ts'
import type { Step } from '../step.ts'
import { undoRuns } from '../undo-run.ts'
import type { CheckParams } from './check.ts'
import { fixWorkflow } from './fix-workflow.ts'
import type { CheckResult } from './run-checks.ts'

const KEY = 'fs.inotify.max_user_instances'
const params: CheckParams = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const backupDirectory = '/var/lib/cantrip/backups'
const { signal } = new AbortController()
const emit = () => undefined

const inotify: Step<CheckParams> = {
  id: 'mend/sysctl',
  title: 'Raising limits',
  isDone: async (host) => (await host.read('/proc/sys/fs/inotify/max_user_instances')) === '1024\n',
  apply: (host) => host.setSysctl(KEY, '1024'),
}
const others = ['ntp', 'swap', 'disk', 'os'].map((id): Step<CheckParams> => ({ ...inotify, id: `mend/${id}` }))
const result = (id: string, verdict: CheckResult['verdict']): CheckResult => ({
  ...{ id, verdict, title: id, hard: false, found: '', ms: 1 },
})
const results = [
  result('sysctl', 'warn'),
  { ...result('ntp', 'warn'), ignored: 'the hypervisor does it' },
  result('swap', 'pass'),
  result('disk', 'error'),
  result('os', 'skipped'),
]

test('fixes only findings that are not ignored, as planned, and undo reverts them', async () => {
  const machine = fakeMachine()
  machine.files.seed('/proc/sys/fs/inotify/max_user_instances', '128\n')
  const before = machine.files.snapshot()
  const workflow = fixWorkflow([...others, inotify], results)
  const planned = await planWorkflow(workflow, params, planningHost(machine, backupDirectory), signal)
  expect(planned.map(({ id, changes }) => [id, changes.map(({ what }) => what)])).toEqual([
    ['mend/sysctl', [`${KEY} = 1024`]],
  ])
  expect(machine.files.snapshot()).toEqual(before)

  const ledger = await openLedger(memoryLog())
  const hostFor = (record: Parameters<typeof recordingHost>[0]['record']) =>
    recordingHost({ machine, record, backupDirectory })
  expect(await runWorkflow({ workflow, params, run: 'mend', view: machine, hostFor, ledger, emit, signal })).toBe(
    'done',
  )
  expect(await machine.read('/proc/sys/fs/inotify/max_user_instances')).toBe('1024\n')
  expect(await planWorkflow(workflow, params, planningHost(machine, backupDirectory), signal)).toEqual([])

  await undoRuns({ ledger, machine, run: 'u', role: 'uninstall', emit, signal })
  expect(await machine.read('/proc/sys/fs/inotify/max_user_instances')).toBe('128\n')
})
