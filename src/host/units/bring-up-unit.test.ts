import { expect, test } from 'vitest'
import { type FakeHost, fakeHost } from '../../../test/support/fake-host.ts'
import { AgentError } from '../../base/agent-error.ts'
import { bringUpUnit } from './bring-up-unit.ts'

const UNIT = 'x.service'
const REFUSED = new AgentError('command/failed', 'Job for x.service failed. See "systemctl status x.service"', {
  fix: 'none',
})

/** Its first `systemctl start` fails; `state` has its later states, by the seconds since. */
function machine(state: (seconds: number) => { active: string; sub?: string; restarts?: number }): FakeHost {
  const host = fakeHost({
    directories: ['/run/systemd/system'],
    commands: { journalctl: { stdout: 'error: no port\n' } },
  })
  host.machine.setUnit = async () => {
    throw REFUSED
  }
  const began = host.clock.nowMs
  const now = () => state((host.clock.nowMs - began) / 1000)
  host.on(['systemctl', 'show', UNIT], () => {
    const { active, sub = active, restarts = 0 } = now()
    return {
      stdout: `LoadState=loaded\nActiveState=${active}\nSubState=${sub}\nNRestarts=${restarts}\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n`,
    }
  })
  host.on(['systemctl', 'is-active', UNIT], () => (now().active === 'active' ? {} : { exitCode: 3 }))
  return host
}

const looping = (seconds: number) => ({
  ...{ active: 'activating', sub: 'auto-restart' },
  restarts: Math.floor(seconds / 5),
})

test('a port that becomes free later: waits while systemd restarts the unit', async () => {
  const host = machine((seconds) =>
    seconds < 12 ? looping(seconds) : { active: 'active', sub: 'running', restarts: 2 },
  )
  await bringUpUnit(host, UNIT)
})

test('a unit that fails each time is reported with its last line, within seconds', async () => {
  const host = machine(looping)
  const began = host.clock.nowMs
  await expect(bringUpUnit(host, UNIT)).rejects.toMatchObject({
    code: 'unit/failed',
    message: 'x.service was restarted 3 times and exited each time (exit-code, exit code 1): error: no port',
  })
  expect(host.clock.nowMs - began).toBeLessThan(17_000)
})

test('an error of systemctl itself is passed on', async () => {
  await expect(
    bringUpUnit(
      machine(() => ({ active: 'inactive' })),
      UNIT,
    ),
  ).rejects.toBe(REFUSED)
})
