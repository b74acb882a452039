import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { CheckSummary } from '../../protocol/wire/check-summary.ts'
import { pathsOf } from '../paths.ts'
import { configureAgent } from './configure-agent.ts'
import type { InstallParams } from './params.ts'

const context = { signal: new AbortController().signal, progress() {}, log() {} }
const swap: CheckSummary = { id: 'swap', verdict: 'warn', found: 'on: /swap.img (2048 MiB)' }

function paramsWith(warnings: CheckSummary[]): InstallParams {
  const cluster = { id: 'c-1', name: 'prod' }
  const config = { format: 1 as const, nodeName: 'one', urls: ['https://c'], cluster, instructionKey: 'k', warnings }
  return { paths: pathsOf(), config } as unknown as InstallParams
}

test.each<[string, CheckSummary[], boolean]>([
  ['the same', [swap], true],
  ['the same with another text', [{ ...swap, found: 'on: /swap.img (2047 MiB)' }], true],
  ['none any more', [], false],
  ['the same, now ignored', [{ ...swap, ignored: 'small machines' }], false],
  ['one more', [swap, { id: 'ntp', verdict: 'fail', found: 'none answers' }], false],
])('precheck warnings: %s', async (_, warnings, isDone) => {
  const host = fakeHost()
  await configureAgent.apply(host, paramsWith([swap]), context)
  expect(await configureAgent.isDone(host, paramsWith(warnings))).toBe(isDone)
})
