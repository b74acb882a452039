import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { AgentError } from '../../base/agent-error.ts'
import { whileContainerdRuns } from './containerd-calls.ts'

const REFUSED = new AgentError('command/failed', 'ctr: connection error: connect: connection refused', { fix: 'none' })

/** containerd is stopped from second `from` to `to`, and then started again. */
function machine(from: number, to: number) {
  const unit = '/etc/systemd/system/cantrip-containerd.service'
  const host = fakeHost({ directories: ['/run/systemd/system'], files: { [unit]: '' } })
  const began = host.clock.nowMs
  const seconds = () => (host.clock.nowMs - began) / 1000
  const isAway = () => seconds() >= from && seconds() < to
  host.on(['systemctl', 'is-active'], () => (isAway() ? { exitCode: 3 } : {}))
  host.on(['systemctl', 'show'], () => ({
    stdout: `ExecMainStartTimestampMonotonic=${seconds() >= to ? 2 : 1}\nActiveState=${isAway() ? 'activating' : 'active'}\n`,
  }))
  return { host, isAway, seconds }
}

test('stopped for 5 s during a call: the call is repeated after containerd is up', async () => {
  const { host, isAway, seconds } = machine(2, 7)
  let calls = 0
  const call = async () => {
    calls += 1
    if (seconds() < 2) await host.sleep(2_000)
    if (isAway()) throw REFUSED
    return 'imported'
  }
  expect(await whileContainerdRuns(host, call)).toBe('imported')
  expect(calls).toBe(2)
})

test('restarted between two checks', async () => {
  const { host, seconds } = machine(2, 2)
  const call = async () => {
    if (seconds() >= 2) return 'imported'
    await host.sleep(2_000)
    throw REFUSED
  }
  expect(await whileContainerdRuns(host, call)).toBe('imported')
})

test('an error of a running containerd is thrown at once', async () => {
  const { host } = machine(100, 101)
  let calls = 0
  const call = () => {
    calls += 1
    return Promise.reject(REFUSED)
  }
  await expect(whileContainerdRuns(host, call)).rejects.toBe(REFUSED)
  expect(calls).toBe(1)
})
