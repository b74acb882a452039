import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const status = (capabilities: string) =>
  `Name:\tnode\nCapPrm:\t${capabilities}\nCapEff:\t${capabilities}\nCapBnd:\t${capabilities}\n`

test('root of a machine passes', async () => {
  const host = fakeHost({ uid: 0, files: { '/proc/self/status': status('000001ffffffffff') } })
  expect(await check.look(host, params)).toEqual({ kind: 'pass', found: 'root' })
})

test('for another user the fix is sudo', async () => {
  const verdict = await check.look(fakeHost({ uid: 1000 }), params)
  expect(verdict).toMatchObject({ kind: 'fail', found: 'uid 1000', fix: expect.stringContaining('sudo') })
})

test('root in an unprivileged container fails', async () => {
  const host = fakeHost({ uid: 0, files: { '/proc/self/status': status('00000000a80425fb') } })
  expect(await check.look(host, params)).toMatchObject({
    kind: 'fail',
    found: 'root without CAP_NET_ADMIN and CAP_SYS_ADMIN',
  })
})
