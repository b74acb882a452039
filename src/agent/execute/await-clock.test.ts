import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { awaitClock, requireAfter } from './await-clock.ts'

const signal = new AbortController().signal

/** A machine that booted so many seconds ago, whose clock is synchronized after so many pauses. Each makes it older. */
function booted(uptime: number, synchronizedAfter: number) {
  const host = fakeHost({ directories: ['/run/systemd/system'] })
  const pauses: number[] = []
  host.on(['timedatectl', 'show', '-p', 'NTPSynchronized'], () => ({
    stdout: `NTPSynchronized=${pauses.length >= synchronizedAfter ? 'yes' : 'no'}\n`,
  }))
  const bootedAtMs = host.now().getTime() - uptime * 1000
  const view = {
    ...host,
    read: async (path: string) =>
      path === '/proc/uptime' ? `${(host.now().getTime() - bootedAtMs) / 1000} 1.00\n` : host.read(path),
    async sleep(ms: number, end?: AbortSignal) {
      pauses.push(ms)
      await host.sleep(ms, end)
    },
  }
  return { view, pauses }
}

test('a synchronized clock counts at once', async () => {
  const { view, pauses } = booted(5, 0)
  await awaitClock(view, signal, () => expect.unreachable())
  expect(pauses).toEqual([])
})

test('after the boot it waits until the clock is synchronized', async () => {
  const { view, pauses } = booted(5, 3)
  let waits = 0
  await awaitClock(view, signal, () => void waits++)
  expect([waits, pauses.length]).toEqual([1, 3])
})

test('a machine without a time server does not wait for ever', async () => {
  const { view, pauses } = booted(585, Number.POSITIVE_INFINITY)
  await awaitClock(view, signal, () => undefined)
  expect(pauses.length).toBe(2)
})

test('the wait ends when the agent stops', async () => {
  const { view } = booted(5, 3)
  const stop = new AbortController()
  const waiting = awaitClock(view, stop.signal, () => stop.abort(new Error('the agent is stopping')))
  await expect(waiting).rejects.toThrow('the agent is stopping')
})

test('a clock before the last entry of the ledger is refused', () => {
  const entry = (at: string) => ({ kind: 'begin', at }) as never
  const entries = [entry('2026-03-01T00:00:00.000Z'), entry('2026-02-01T00:00:00.000Z'), {} as never]
  expect(() => requireAfter(entries, new Date('2026-02-28T23:59:59Z'))).toThrow('before 2026-03-01T00:00:00.000Z')
  requireAfter(entries, new Date('2026-03-01T00:00:00Z'))
  requireAfter([], new Date(0))
})
