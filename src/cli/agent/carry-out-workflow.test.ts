import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { memoryLog } from '../../../test/support/memory-log.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { Workflow } from '../../engine/step.ts'
import { recordingHost } from '../../host/recording.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { exitCodeOf } from '../kit/exit-codes.ts'
import { carryOutWorkflow } from './carry-out-workflow.ts'

/** What a command throws whose only step throws this. */
async function thrownFor(error: Error): Promise<unknown> {
  const { machine } = fakeHost()
  const apply = () => Promise.reject(error)
  const step = { id: 'x/step', title: 'Working', isDone: async () => false, apply }
  const workflow: Workflow<undefined> = { id: 'x', components: [{ id: 'x', after: [], steps: () => [step] }] }
  const ledger = await openLedger(memoryLog())
  return carryOutWorkflow({
    workspace: {
      ...{ machine, ledger },
      hostFor: (record) => recordingHost({ machine, record, backupDirectory: '/var/lib/cantrip/backups' }),
    },
    ...{ workflow, params: undefined, run: 'x', onEvent: () => undefined, signal: new AbortController().signal },
  }).catch((thrown: unknown) => thrown)
}

test('a command ends with the exit code of what its step found wrong', async () => {
  const error = new AgentError('bundle/not-found', 'found nothing', { fix: 'pass a bundle', kind: 'invalid' })
  const thrown = await thrownFor(error)
  expect(thrown).toBe(error)
  expect(exitCodeOf(thrown)).toBe(2)
})

test('a bug in a step says how to report it, and keeps its cause', async () => {
  const bug = new TypeError('x is undefined')
  const thrown = await thrownFor(bug)
  expect(thrown).toMatchObject({ code: 'bug', message: 'x is undefined', cause: bug })
  expect(exitCodeOf(thrown)).toBe(4)
})
