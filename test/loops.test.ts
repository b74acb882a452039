import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../src')

/** Loops that sleep and are no retry of one thing: who decides how long, and why it is not src/base/retry.ts. */
const OTHER_LOOPS: Record<string, string> = {
  'agent/identity/enrol.ts': 'each answer of the controller decides when it is asked again',
  'agent/identity/rotation.ts': 'a certificate becomes due by the clock, again and again',
  'agent/link/link.ts': 'how the last session ended decides (backoff.ts)',
  'agent/link/watch-addresses.ts': 'watches for as long as the service runs',
  'agent/logs/log-reader.ts': 'follows a file that grows',
  'agent/pair-check/probe-udp.ts': 'sends again as soon as an answer comes',
  'cli/controller/session/repeat.ts': 'the controller holds the question until something changes',
  'host/linux/network/download.ts': 'the count begins again with each byte that comes',
  'host/units/wait-until.ts': 'watches while another command waits',
  'operator/api-watch/watch.ts': 'looks at a fixed rate for as long as the service runs',
  'operator/report-loop.ts': 'a change ends its pause',
  'operator/run-operator.ts': 'watches for as long as the operator runs',
  'operator/watch.ts': 'a watch of the API that ends begins again at once',
}

const LOOP = /\b(while \(|for \(;;\)|for \(let [^;\n]*;)/
const SLEEP = /\bsleep\(|await setTimeout\(|=> setTimeout\(/

test('what is tried again is tried by src/base/retry.ts, and each other loop says why', () => {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return LOOP.test(text) && SLEEP.test(text)
    })
  expect(sources.filter((file) => file !== 'base/retry.ts').sort()).toEqual(Object.keys(OTHER_LOOPS).sort())
})
