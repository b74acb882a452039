import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { check } from './check.ts'
import { percentile } from './percentile.ts'

function look(syncMs: (write: number) => number, roles: CheckParams['roles'] = ['master'], uid = 0) {
  const host = fakeHost({ uid })
  host.machine.syncMs = syncMs
  return check.look(host, { roles, ownStateDirectory: '/var/lib/cantrip' })
}

test.each<[string, (write: number) => number, CheckParams['roles'], string, string]>([
  [
    'a good SSD',
    () => 0.12,
    ['master'],
    'pass',
    '99 of 100 writes within 0.1 ms (half of them within 0.1 ms), of 10029',
  ],
  ['one write of 200 is slow', (i) => (i % 200 === 0 ? 900 : 1), ['master'], 'pass', 'within 1.0 ms'],
  ['one write of 50 is slow', (i) => (i % 50 === 0 ? 40 : 1), ['master'], 'warn', 'within 40 ms'],
  ['a disk that turns', () => 12, ['master'], 'warn', 'within 12 ms (half of them within 12 ms), of 200'],
  ['a busy one', () => 80, ['master'], 'warn', 'will lose its leader'],
  ['a network disk', () => 200, ['master'], 'fail', 'within 200 ms (half of them within 200 ms), of 50'],
  ['a network disk of what may become a master', () => 200, [], 'warn', 'within 200 ms'],
])('%s', async (_, syncMs, roles, kind, found) => {
  expect(await look(syncMs, roles)).toMatchObject({ kind, found: expect.stringContaining(found) })
})

test.each([
  ['was only busy for a while', 1, 'pass', 'within 1.0 ms'],
  ['is as slow again', 300, 'fail', 'within 200 ms'],
  ['is a little less slow', 180, 'fail', 'within 180 ms'],
])('a disk that fails is measured again: it %s', async (_, again, kind, found) => {
  const host = fakeHost()
  let measured = 0
  const { syncTimes } = host
  host.machine.syncMs = () => (measured === 1 ? 200 : again)
  const view = {
    ...host,
    syncTimes: (...given: Parameters<typeof syncTimes>) => {
      measured += 1
      return host.machine.syncTimes(...given)
    },
  }
  const verdict = await check.look(view, { roles: ['master'], ownStateDirectory: '/var/lib/cantrip' })
  expect(verdict).toMatchObject({ kind, found: expect.stringContaining(found) })
  expect(measured).toBe(2)
})

test('skipped on a worker, and for users other than root', async () => {
  expect(await look(() => 1, ['worker'])).toMatchObject({ kind: 'skipped' })
  expect(await look(() => 1, ['master'], 1000)).toMatchObject({ kind: 'skipped' })
})

test('a disk that cannot be written is reported, and fails only for a master', async () => {
  const host = fakeHost()
  const full = new AgentError('disk/full', 'no space is left on the file system of /var/lib', { fix: 'make room' })
  const view = { ...host, syncTimes: () => Promise.reject(full) }
  const lookAs = (roles: CheckParams['roles']) => check.look(view, { roles, ownStateDirectory: '/var/lib/cantrip' })
  expect(await lookAs(['master'])).toMatchObject({ kind: 'fail', found: full.message, fix: 'make room' })
  expect(await lookAs([])).toMatchObject({ kind: 'warn' })
})

test('a link is followed, also to a directory that does not exist yet', async () => {
  const host = fakeHost({ links: { '/var/lib/etcd': '/mnt/ssd/etcd' } })
  const asked: string[] = []
  const view = { ...host, syncTimes: async (directory: string) => [asked.push(directory)] }
  await check.look(view, { roles: ['master'], ownStateDirectory: '/var/lib/cantrip' })
  expect(asked).toEqual(['/mnt/ssd/etcd'])
})

test('percentiles', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect([percentile(numbers, 50), percentile(numbers, 99), percentile(numbers, 100), percentile([7], 1)]).toEqual([
    50, 99, 100, 7,
  ])
  expect(percentile([], 99)).toBeNaN()
})
