import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../src')

/** Loops that sleep without src/base/retry.ts, with the reason. */
const OTHER_LOOPS: Record<string, string> = {
  'agent/execute/await-clock.ts': 'watches until the clock is right',
  'agent/execute/peers/hand-on.ts': 'each answer of the controller says when to ask again',
  'agent/execute/peers/piece-server.ts': 'waits between two blocks of an upload, for its limit',
  'agent/execute/peers/swarm.ts':
    'each answer of the controller says when to ask again, and an arrived piece ends the pause',
  'agent/identity/enrol.ts': 'each answer of the controller says when to ask again',
  'agent/identity/rotation.ts': 'renews a certificate at a time that the certificate determines',
  'agent/link/link.ts': 'the delay depends on how the last session ended (backoff.ts)',
  'agent/link/watch-state.ts': 'watches while the service runs',
  'agent/logs/log-reader.ts': 'follows a growing file',
  'agent/pair-check/probe-udp.ts': 'sends the next packet after each answer',
  'agent/service/certificates/certificate-keeper.ts': 'looks while the service runs',
  'agent/service/images/image-keeper.ts': 'watches while the service runs',
  'cli/controller/follow/follow-events.ts':
    'an ended stream is no failure, and the time to give up begins at the interruption',
  'controller/api/event-stream/feed.ts': 'writes after each change, and a heartbeat when there is none',
  'host/linux/network/download.ts': 'the attempts are counted from the last received byte',
  'host/units/wait-until.ts': 'watches while another command waits',
  'operator/api-watch/watch.ts': 'polls at a fixed interval while the service runs',
  'operator/report-loop.ts': 'a change ends the pause',
  'operator/run-operator.ts': 'watches while the operator runs',
  'operator/serving/approve.ts': 'a new request ends the pause',
  'operator/watch.ts': 'restarts an ended watch of the API at once',
}

const LOOP = /\b(while \(|for \(;;\)|for \(let [^;\n]*;)/
const SLEEP = /\bsleep\(|await setTimeout\(|=> setTimeout\(/

test('retries use src/base/retry.ts, and each other loop is listed with its reason', () => {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return LOOP.test(text) && SLEEP.test(text)
    })
  expect(sources.filter((file) => file !== 'base/retry.ts').sort()).toEqual(Object.keys(OTHER_LOOPS).sort())
})
