import { expect, test } from 'vitest'
import { fakeEtcd } from '../../../test/support/fake-etcd.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { Indeterminate } from '../../engine/step.ts'
import { createCa } from '../../pki/certificate.ts'
import { keyToPem } from '../../pki/key.ts'
import { etcd } from './component.ts'

const OTHERS = ['10.0.0.1', '10.0.0.2']
const authority = createCa({ commonName: 'etcd-ca', days: 3650, now: new Date('2026-06-01T12:00:00Z') })

function third() {
  const masters = [...OTHERS, '10.0.0.5'].map((address, index) => ({ name: `m${index + 1}`, address }))
  const fake = fakeKubernetes({ masters })
  fake.params.task = 'master'
  fake.host.files.seed('/etc/etcd/pki/ca.crt', authority.certificate)
  fake.host.files.seed('/etc/etcd/pki/ca.key', keyToPem(authority.key), { mode: 0o600 })
  return { ...fake, etcd: fakeEtcd(fake.host, OTHERS, { name: 'm3', peer: 'https://10.0.0.5:2380' }) }
}

/** Every etcd stops answering in the moment in which it is asked for a change, or for anything. */
function goesSilent({ host, etcd }: ReturnType<typeof third>, at: 'add' | 'list') {
  let isSilent = false
  for (const address of OTHERS) {
    host.network.onRequest(`https://${address}:2379/v3/cluster/member/`, (url) => {
      isSilent ||= url.endsWith(at)
      if (isSilent) throw new Error('ECONNRESET')
      return { status: 200, body: JSON.stringify({ members: etcd.members }) }
    })
  }
}

test('asked to take this node in and silent ever since: nobody can tell, and the two ways on are named', async () => {
  const fake = third()
  goesSilent(fake, 'add')
  const error: unknown = await runComponent(etcd, fake).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Indeterminate)
  expect(error).toMatchObject({
    code: 'etcd/membership-unknown',
    fix: expect.stringMatching(/^either .*provision again.*; or .*agent reset/),
  })
})

test('silent before anything was asked for: nothing has happened', async () => {
  const fake = third()
  goesSilent(fake, 'list')
  const error: unknown = await runComponent(etcd, fake).catch((thrown: unknown) => thrown)
  expect(error).not.toBeInstanceOf(Indeterminate)
  expect(error).toMatchObject({ code: 'etcd/no-answer' })
})
