import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { watchUnit } from './watch-unit.ts'

const UNIT = 'x.service'
const JOURNAL = `x.service: Scheduled restart job, restart counter is at 3.
Started x.service - X.
I1129 01:00:00.1 7 server.go:1] fine so far
E1129 01:00:00.2 7 run.go:72] "command failed" err="unknown flag: --network-plugin"
x.service: Main process exited, code=exited, status=1/FAILURE
x.service: Failed with result 'exit-code'.
`

interface State {
  active?: string
  sub?: string
  restarts?: number
  result?: string
  status?: number
  load?: string
}
const RUNS: State = { active: 'active', sub: 'running' }
const again = (restarts: number, more: State = {}): State => ({
  ...{ active: 'activating', sub: 'auto-restart', result: 'exit-code', status: 1, restarts },
  ...more,
})
const running = (restarts: number): State => ({ ...RUNS, restarts })

/** Looks once a second at a unit with these states in turn. Returns the last answer and the number of looks. */
async function seen(states: readonly State[]) {
  const host = fakeHost({ commands: { journalctl: { stdout: JOURNAL } } })
  const queue = [...states]
  host.on(['systemctl', 'show', UNIT], () => {
    const { active, sub, restarts = 0, result = 'success', status = 0, load = 'loaded' } = queue.shift() ?? {}
    return {
      stdout: `LoadState=${load}\nActiveState=${active}\nSubState=${sub}\nNRestarts=${restarts}\nResult=${result}\nExecMainCode=1\nExecMainStatus=${status}\n`,
    }
  })
  const watch = watchUnit(UNIT)
  let looks = 0
  for (;;) {
    const answer = await watch.look(host)
    looks += 1
    if (answer instanceof Error || queue.length === 0) return { answer, looks }
    await host.sleep(1_000)
  }
}

test.each<[string, State[], string]>([
  ['runs', [RUNS], 'runs'],
  ['starts', [{ active: 'activating', sub: 'start' }], 'coming'],
  ['has not been started yet', Array.from({ length: 60 }, () => ({ active: 'inactive' })), 'coming'],
  ['is restarted for the first time', [again(0)], 'coming'],
  ['was restarted twice, and runs', [again(0), again(1), running(2)], 'runs'],
  ['has restarted often before this wait, and runs', [running(57), running(57)], 'runs'],
  [
    'exits for another reason each time: a port that is not free yet, then another error',
    [again(0), again(1), again(2, { status: 2 }), again(3, { status: 3 }), again(4, { status: 3 }), running(5)],
    'runs',
  ],
  ['was stopped, and started again by its owner', [RUNS, { active: 'inactive' }, { active: 'inactive' }, RUNS], 'runs'],
  [
    'exits sometimes, and runs for minutes in between',
    [again(0), again(1), ...Array.from({ length: 61 }, () => running(2)), again(2), again(3), running(4)],
    'runs',
  ],
  ['was restarted manually, which resets the counter', [running(5), running(0), running(1)], 'runs'],
])('%s: keeps waiting', async (_, states, expected) => {
  expect((await seen(states)).answer).toBe(expected)
})

test.each<[string, State[], number, RegExp]>([
  [
    'restarted 3 times in the same way',
    [running(0), again(0), again(1), again(2), again(3)],
    5,
    /^x\.service was restarted 3 times and exited each time \(exit-code, exit code 1\): E1129 .*unknown flag: --network-plugin"$/,
  ],
  ['restarted between two looks', [running(0), running(2), running(4)], 3, /was restarted 4 times/],
  ['in a loop since before', [again(57), again(58), again(59), again(60)], 4, /was restarted 3 times/],
  ['given up by systemd', [RUNS, { active: 'failed', result: 'start-limit-hit' }], 2, /failed \(start-limit-hit\)/],
  ['a missing executable', [again(0, { status: 203 })], 1, /cannot be started \(exit-code, exit code 203\)/],
  ['masked', [{ active: 'inactive', load: 'masked' }], 1, /its load state is masked/],
  ['stopped', [RUNS, ...Array.from({ length: 11 }, () => ({ active: 'inactive' }))], 12, /is stopped/],
])('%s: has failed, with the reason from its journal', async (_, states, looks, message) => {
  const found = await seen([...states, ...Array.from({ length: 5 }, () => states.at(-1) as State)])
  expect(found).toMatchObject({ answer: { message: expect.stringMatching(message) }, looks })
})
