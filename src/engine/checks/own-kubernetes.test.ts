import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import { BUNDLE_STEPS, PREPARE_STEPS } from '../../ledger/baked.ts'
import { bakedFiles, hasOwnKubernetes } from './own-kubernetes.ts'

const STATE = '/var/lib/cantrip'
const under = (prefix: string) =>
  KUBELET_INSTALLED.map((entry) =>
    entry.kind === 'change' ? { ...entry, step: `${prefix}kubelet/install-binary` } : entry,
  )

test.each([
  ['was provisioned', KUBELET_INSTALLED, true, []],
  ['was made from an image with a kubelet', under(BUNDLE_STEPS), false, ['/usr/local/bin/kubelet']],
  ['was prepared with a kubelet', under(PREPARE_STEPS), false, ['/usr/local/bin/kubelet']],
])('a machine that %s', async (_, entries, has, baked) => {
  const host = fakeHost({ files: { [`${STATE}/ledger/ledger.jsonl`]: ledgerText(...entries) } })
  expect(await hasOwnKubernetes(host, STATE)).toBe(has)
  expect([...(await bakedFiles(host, STATE))]).toEqual(baked)
})
