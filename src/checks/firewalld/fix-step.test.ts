import { expect, test } from 'vitest'
import { fakeFirewalld, ZONE_FILES } from '../../../test/support/fake-firewalld.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { check } from './check.ts'
import { fixStep } from './fix-step.ts'

const params: CheckParams = { roles: ['worker'], ownStateDirectory: '/var/lib/cantrip' }
const context = { signal: new AbortController().signal, progress() {}, log() {} }

const OWN_PUBLIC = '<zone>\n  <!-- mine --><service name="ssh"/>\n  <port port="8472" protocol="udp"/></zone>\n'

test.each<[string, Record<string, string>]>([
  ['with the default zone', {}],
  ['with a zone file of an administrator', { '/etc/firewalld/zones/public.xml': OWN_PUBLIC }],
])('opens closed ports, now and after a reload, and undo closes only these: %s', async (_, files) => {
  const { host, now } = fakeFirewalld(files)
  now.public.add('10250/tcp')
  const before = structuredClone({ now, files: host.files.list(ZONE_FILES) })
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail' })
  expect(await fixStep.isDone(host, params)).toBe(false)
  await fixStep.apply(host, params, context)
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
  expect(await fixStep.isDone(host, params)).toBe(true)
  for (const { undo } of host.changes.toReversed()) await carryOut(undo, host.machine)
  expect({ now, files: host.files.list(ZONE_FILES) }).toEqual(before)
  for (const [path, text] of Object.entries(files)) expect(host.text(path)).toBe(text)
})

test('an inactive firewalld is not changed', async () => {
  expect(await fixStep.isDone(fakeFirewalld({}, false).host, params)).toBe(true)
})
