import { expect, test } from 'vitest'
import { fakeHost } from '../../test/support/fake-host.ts'
import { memoryLog } from '../../test/support/memory-log.ts'
import { AgentError } from '../base/agent-error.ts'
import { recordingHost } from '../host/recording.ts'
import { openLedger } from '../ledger/ledger.ts'
import { replay } from '../ledger/replay.ts'
import type { EngineEvent } from './event.ts'
import { runWorkflow } from './run-workflow.ts'
import { type Component, Indeterminate, type Step } from './step.ts'

type Apply = Step<undefined>['apply']

async function setUp(components: Record<string, { after?: string[]; steps: Record<string, Apply> }>) {
  const { machine } = fakeHost()
  const ledger = await openLedger(memoryLog())
  const events: EngineEvent[] = []
  const failures: unknown[] = []
  const controller = new AbortController()
  const step = (id: string, apply: Apply): Step<undefined> => ({
    id,
    title: `Title of ${id}`,
    isDone: async (host) => (await host.read(`/etc/${id}`)) === 'done',
    apply,
  })
  const made: Component<undefined>[] = Object.entries(components).map(([id, { after = [], steps }]) => ({
    id,
    after,
    steps: () => Object.entries(steps).map(([name, apply]) => step(name, apply)),
  }))
  const run = () =>
    runWorkflow({
      workflow: { id: 'workflow', components: made },
      params: undefined,
      run: 'r-1',
      view: machine,
      hostFor: (record) => recordingHost({ machine, record, backupDirectory: '/var/lib/cantrip/backups' }),
      ledger,
      emit: (event) => void events.push(event),
      onFailure: (error) => void failures.push(error),
      signal: controller.signal,
    })
  const kinds = () => events.map((event) => ('step' in event ? `${event.kind} ${event.step}` : event.kind))
  return { run, events, failures, kinds, ledger, controller, machine }
}

const write =
  (id: string): Apply =>
  (host) =>
    host.write(`/etc/${id}`, 'done')
const fail: Apply = async () => {
  throw new AgentError('x/broken', 'found broken, wanted whole', { fix: 'mend it', kind: 'refused' })
}
/** Runs until it is stopped. */
const wait: Apply = (_host, _params, { signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('runs steps in order, components after their dependencies, and records both in the ledger', async () => {
  const { run, kinds, ledger } = await setUp({
    b: { after: ['a', 'not in this workflow'], steps: { b1: write('b1') } },
    a: { steps: { a1: write('a1'), a2: write('a2') } },
  })
  expect(await run()).toBe('done')
  const each = (id: string) => [`step-started ${id}`, `step-done ${id}`]
  expect(kinds()).toEqual(['run-started', ...each('a1'), ...each('a2'), ...each('b1'), 'run-ended'])
  const { runs, outstanding } = replay(ledger.entries())
  expect(runs.get('r-1')).toMatchObject({ role: 'workflow', outcome: 'done' })
  expect([...(runs.get('r-1')?.steps ?? [])]).toEqual([
    ['a1', 'done'],
    ['a2', 'done'],
    ['b1', 'done'],
  ])
  expect(outstanding.map(({ what }) => what)).toEqual(['/etc/b1', '/etc/a2', '/etc/a1'])
})

test('a second run skips what is done, and reports it', async () => {
  const { run, kinds, events } = await setUp({ a: { steps: { a1: write('a1') } } })
  await run()
  events.length = 0
  expect(await run()).toBe('done')
  expect(kinds()).toEqual(['run-started', 'step-skipped a1', 'run-ended'])
})

test('components run in parallel', async () => {
  const { promise: bothThere, resolve } = Promise.withResolvers<void>()
  let there = 0
  const meet =
    (id: string): Apply =>
    async (host) => {
      there += 1
      if (there === 2) resolve()
      await bothThere
      await host.write(`/etc/${id}`, 'done')
    }
  const { run } = await setUp({ a: { steps: { a1: meet('a1') } }, b: { steps: { b1: meet('b1') } } })
  expect(await run()).toBe('done')
})

test('a failure stops later and running steps, and is the error of the run', async () => {
  const { run, kinds, events, failures } = await setUp({
    a: { steps: { a1: fail, a2: write('a2') } },
    b: { after: ['a'], steps: { b1: write('b1') } },
    c: { steps: { c1: wait, c2: write('c2') } },
  })
  expect(await run()).toBe('failed')
  expect(kinds().sort()).toEqual(
    ['log', 'run-ended', 'run-started', 'step-failed a1', 'step-started a1', 'step-started c1'].sort(),
  )
  expect(events.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'x/broken', fix: 'mend it' } })
  expect(failures).toEqual([expect.objectContaining({ code: 'x/broken', kind: 'refused' })])
})

test('a step without effect fails', async () => {
  const { run, events } = await setUp({ a: { steps: { a1: async () => undefined } } })
  expect(await run()).toBe('failed')
  expect(events.at(-1)).toMatchObject({ error: { code: 'step/not-done' } })
})

test('an indeterminate step makes the run indeterminate, even when stopped', async () => {
  const unsure: Apply = (_host, _params, { signal }) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () =>
        reject(new Indeterminate('x/unsure', 'the result is unknown', { fix: 'look' })),
      ),
    )
  const { run, controller } = await setUp({ a: { steps: { a1: unsure } } })
  setImmediate(() => controller.abort(new Error('Ctrl-C')))
  expect(await run()).toBe('indeterminate')
})

test('is cancelled at the next safe point', async () => {
  const { run, controller, kinds } = await setUp({ a: { steps: { a1: wait, a2: write('a2') } } })
  setImmediate(() => controller.abort(new Error('Ctrl-C')))
  expect(await run()).toBe('cancelled')
  expect(kinds()).toEqual(['run-started', 'step-started a1', 'log', 'run-ended'])
})

test('a ledger that cannot be written ends the run before any change', async () => {
  const { run, ledger, machine } = await setUp({ a: { steps: { a1: write('a1') } } })
  ledger.append = async () => {
    throw new AgentError('disk/full', 'no space is left', { fix: 'make room' })
  }
  expect(await run()).toBe('failed')
  expect(await machine.stat('/etc/a1')).toBeUndefined()
})

test('components that wait for each other are a bug', async () => {
  const { run } = await setUp({ a: { after: ['b'], steps: {} }, b: { after: ['a'], steps: {} } })
  await expect(run()).rejects.toThrow('a → b → a')
})

test('an effect may appear a moment later', async () => {
  const { run, events, machine } = await setUp({ a: { steps: { late: async () => undefined } } })
  let looks = 0
  const { read } = machine
  machine.read = async (path) => (path === '/etc/late' ? (++looks >= 4 ? 'done' : undefined) : read(path))
  expect(await run()).toBe('done')
  expect(events.at(-1)).toMatchObject({ kind: 'run-ended', outcome: 'done' })
})
