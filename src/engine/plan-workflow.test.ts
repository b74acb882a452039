import { expect, test } from 'vitest'
import { prepareMachine, smallWorkflow } from '../../test/faults/small-workflow.ts'
import { fakeMachine } from '../../test/support/fake-machine.ts'
import { memoryLog } from '../../test/support/memory-log.ts'
import { planningHost } from '../host/planning.ts'
import { recordingHost } from '../host/recording.ts'
import { openLedger } from '../ledger/ledger.ts'
import { planWorkflow } from './plan-workflow.ts'
import { runWorkflow } from './run-workflow.ts'

const backupDirectory = '/var/lib/cantrip/backups'
const { signal } = new AbortController()

test('a plan changes nothing, and lists the changes that the run then records', async () => {
  const machine = fakeMachine()
  prepareMachine(machine)
  const before = machine.files.snapshot()
  const planned = await planWorkflow(smallWorkflow, undefined, planningHost(machine, backupDirectory), signal)
  expect(machine.files.snapshot()).toEqual(before)

  const ledger = await openLedger(memoryLog())
  await runWorkflow({
    workflow: smallWorkflow,
    params: undefined,
    run: 'r',
    view: machine,
    hostFor: (record) => recordingHost({ machine, record, backupDirectory }),
    ledger,
    emit() {},
    signal,
  })
  const recorded = ledger
    .entries()
    .flatMap((entry) => (entry.kind === 'change' ? [`${entry.change} ${entry.what}`] : []))
  const listed = planned.flatMap(({ changes }) => changes.map(({ kind, what }) => `${kind} ${what}`))
  expect(listed.sort()).toEqual(recorded.sort())
  expect(listed.length).toBeGreaterThan(15)
})
