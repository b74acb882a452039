import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

const FIXTURE = `
import { interruptible } from '${join(import.meta.dirname, 'interruption.ts')}'
import { story } from '${join(import.meta.dirname, '../e2e/stages.ts')}'
const signal = interruptible(async () => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  console.log('cleaned up')
})
setInterval(() => undefined, 1_000)
const { stage, end } = story(console.log, async () => console.log('asked why it failed'), signal)
try {
  await stage('one that waits', async () => {
    console.log('waiting')
    await new Promise((_, reject) => process.argv[1] === 'rejects' && signal.addEventListener('abort', () => reject(signal.reason)))
  })
} finally {
  console.log('went on')
}
`

test.each([
  ['SIGTERM', 143, 'hangs'],
  ['SIGTERM', 143, 'rejects'],
  ['SIGINT', 130, 'rejects'],
  ['SIGHUP', 129, 'hangs'],
] as const)('%s ends a story with exit code %i after the cleanup, even if a stage %s', async (signal, code, how) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', FIXTURE, how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = text(child.stdout)
  await once(child.stdout, 'data')
  child.kill(signal)
  child.kill(signal)
  expect(await once(child, 'close')).toEqual([code, null])
  expect(await said).toBe('waiting\ncleaned up\n')
})
