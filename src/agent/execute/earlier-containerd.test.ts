import { expect, test } from 'vitest'
import type { Entry } from '../../ledger/entry.ts'
import { refuseEarlierContainerd } from './earlier-containerd.ts'

const run = 'r-aaaaaaaaaa'
const written = (path: string): Entry => ({
  ...{ kind: 'change', run, step: 'containerd/write-configuration', change: 'file', what: path },
  undo: { kind: 'remove-path', path },
})
const EARLIER = written('/etc/systemd/system/containerd.service')
const check =
  (...entries: Entry[]) =>
  () =>
    refuseEarlierContainerd({ entries: () => entries.map((entry, i) => ({ ...entry, seq: i + 1 })) })

test('a node of an earlier build must be reset before it is provisioned again', () => {
  expect(check(EARLIER)).toThrow(
    expect.objectContaining({
      code: 'containerd/earlier-build',
      message: expect.stringContaining('found /etc/systemd/system/containerd.service'),
      fix: expect.stringContaining('agent reset'),
    }),
  )
})

test.each<[string, Entry[]]>([
  ['that is new, with units of other packages', []],
  ['that was reset', [EARLIER, { kind: 'undone', change: 1 }]],
  ['of this build', [written('/etc/systemd/system/cantrip-containerd.service')]],
])('a node %s is provisioned', (_, entries) => {
  expect(check(...entries)).not.toThrow()
})
