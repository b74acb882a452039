import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const RULES = '/etc/fapolicyd/rules.d'

function machine(active: boolean, files: Record<string, string> = {}) {
  const units = { 'fapolicyd.service': { enabled: active, active } }
  return fakeHost({ files, units, directories: ['/run/systemd/system'] })
}

test.each([
  [
    'installed, but inactive',
    machine(false, { [`${RULES}/90-deny-execute.rules`]: 'deny_audit perm=execute all : all\n' }),
    'not active',
  ],
  ['absent', fakeHost({ directories: ['/run/systemd/system'] }), 'not active'],
  [
    'permissive',
    machine(true, { '/etc/fapolicyd/fapolicyd.conf': '# how\npermissive = 1\nnice_val = 14\n' }),
    'active, permissive',
  ],
])('%s does not matter', async (_, host, found) => {
  expect(await check.look(host, params)).toEqual({ kind: 'pass', found })
})

test('enforcing mode with the default rules would block the programs of Kubernetes', async () => {
  const host = machine(true, {
    '/etc/fapolicyd/fapolicyd.conf': 'permissive = 0\n',
    [`${RULES}/90-deny-execute.rules`]: 'allow perm=execute all : trust=1\ndeny_audit perm=execute all : all\n',
  })
  expect(await check.look(host, params)).toMatchObject({
    kind: 'fail',
    found:
      'active, without a rule that allows /usr/local/bin/, /usr/local/lib/cantrip/, /opt/cni/bin/, /var/lib/cantrip-containerd/, /run/cantrip-containerd/',
  })
})

test('the rules that the fix writes are enough', async () => {
  const failed = await check.look(machine(true), params)
  if (failed.kind !== 'fail') throw new Error('it should have failed')
  const lines = [...failed.fix.matchAll(/'(allow [^']+)'/g)].map((match) => match[1])
  const host = machine(true, { [`${RULES}/30-cantrip.rules`]: `${lines.join('\n')}\n` })
  expect(await check.look(host, params)).toEqual({
    kind: 'pass',
    found: 'active, with rules that allow the programs of Kubernetes',
  })
})

test('without an answer of systemd the check does not pass', async () => {
  const host = machine(true)
  host.on(['systemctl', 'is-active'], { exitCode: 1, stderr: 'Failed to connect to bus\n' })
  await expect(check.look(host, params)).rejects.toThrow('Failed to connect to bus')
})
