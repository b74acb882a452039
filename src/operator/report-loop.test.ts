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

test('changes that come together make one report', async () => {
  const { loop, sent, stop, ended } = started()
  await setTimeout(60)
  expect(sent).toHaveLength(1)
  for (let i = 0; i < 5; i += 1) loop.changed()
  await setTimeout(100)
  // One at once; what changed while it was sent, once more after the pause.
  expect(sent.length).toBeGreaterThanOrEqual(2)
  expect(sent.length).toBeLessThanOrEqual(3)
  stop.abort()
  await ended
})

test('without a change there is a report all the same', async () => {
  const { sent, stop, ended } = started({ everyMs: 30 })
  await setTimeout(300)
  expect(sent.length).toBeGreaterThan(2)
  stop.abort()
  await ended
})

test('a failure is told once, tried again later, and its end is told', async () => {
  let failing = true
  const { loop, sent, log, stop, ended } = started({ fail: () => failing })
  await setTimeout(60)
  loop.changed()
  await setTimeout(100)
  // A change is no reason to ask sooner a controller that is away.
  expect(sent).toHaveLength(1)
  failing = false
  await setTimeout(800)
  expect(log).toEqual(['cannot send the report: away', 'the controller accepts reports again'])
  stop.abort()
  await ended
})
