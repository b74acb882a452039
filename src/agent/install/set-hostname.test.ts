import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { InstallParams } from './params.ts'
import { setHostname } from './set-hostname.ts'

const step = setHostname('node-7')
const params = {} as InstallParams
const context = { signal: new AbortController().signal, progress() {}, log() {} }

async function hostsAfter(hosts: string): Promise<string | undefined> {
  const host = fakeHost({ hostname: 'old', files: { '/etc/hostname': 'old\n', '/etc/hosts': hosts } })
  expect(await step.isDone(host, params)).toBe(false)
  await step.apply(host, params, context)
  expect(await step.isDone(host, params)).toBe(true)
  expect(host.hostname()).toBe('node-7')
  return host.read('/etc/hosts')
}

test('the machine resolves its new name', async () => {
  expect(await hostsAfter('127.0.0.1 localhost\n127.0.1.1 old\n')).toBe(
    '127.0.0.1 localhost\n127.0.1.1 old\n127.0.1.1 node-7\n',
  )
})

test.each(['10.0.0.7 node-7.site node-7\n', '10.0.0.7\tnode-7 # the seventh\n'])(
  'an existing entry is kept: %j',
  async (hosts) => {
    expect(await hostsAfter(hosts)).toBe(hosts)
  },
)

test('ignores comments, and completes a last line without a newline', async () => {
  expect(await hostsAfter('# node-7')).toBe('# node-7\n127.0.1.1 node-7\n')
})
