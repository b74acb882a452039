import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ReportLoop } from './report-loop.ts'

function started(options: { fail?: () => boolean; everyMs?: number } = {}) {
  const sent: number[] = []
  const log: string[] = []
  const stop = new AbortController()
  const loop = new ReportLoop({
    async send() {
      sent.push(Date.now())
      if (options.fail?.()) throw new Error('away')
    },
    log: (message) => log.push(message),
    random: () => 0,
    signal: stop.signal,
    debounceMs: 20,
    everyMs: options.everyMs ?? 60_000,
  })
  const ended = loop.run()
  loop.changed()
  return { loop, sent, log, stop, ended }
}

test('concurrent changes become one report', async () => {
  const { loop, sent, stop, ended } = started()
  await setTimeout(60)
  expect(sent).toHaveLength(1)
  for (let i = 0; i < 5; i += 1) loop.changed()
  await setTimeout(100)
  // One at once, and one after the pause for changes during the first one.
  expect(sent.length).toBeGreaterThanOrEqual(2)
  expect(sent.length).toBeLessThanOrEqual(3)
  stop.abort()
  await ended
})

test('a report is sent without a change, too', async () => {
  const { sent, stop, ended } = started({ everyMs: 30 })
  await setTimeout(300)
  expect(sent.length).toBeGreaterThan(2)
  stop.abort()
  await ended
})

test('a failure is logged once and retried, and its end is logged', async () => {
  let failing = true
  const { loop, sent, log, stop, ended } = started({ fail: () => failing })
  await setTimeout(60)
  loop.changed()
  await setTimeout(100)
  // A change does not shorten the pause while the controller does not answer.
  expect(sent).toHaveLength(1)
  failing = false
  await setTimeout(800)
  expect(log).toEqual(['cannot send the report: away', 'the controller accepts reports again'])
  stop.abort()
  await ended
})
