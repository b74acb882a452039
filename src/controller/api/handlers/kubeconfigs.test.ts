import { expect, test } from 'vitest'
import { cluster } from '../../../../test/support/controller/member.ts'
import type { Grant } from '../../../protocol/api/access.ts'
import type { ClusterRole } from '../../../protocol/names.ts'
import type { Services } from '../../services.ts'
import type { UserIdentity } from '../identity.ts'
import { kubeconfigHandlers } from './kubeconfigs.ts'

/** The store of a controller with one cluster, in project blue. */
const store = { clusterNamed: async () => cluster({ project: 'blue' }) }
const handlers = kubeconfigHandlers({ store } as unknown as Services)
const params = { name: 'demo' }
const request = { address: '10.0.0.5', setHeader: () => undefined }

const caller = (grants: Grant[], kind: UserIdentity['principal']['kind'] = 'account'): UserIdentity => ({
  ...{ kind: 'user', holder: null, name: 'alice', address: '10.0.0.5', principal: { kind, name: 'alice' }, grants },
})
const blue = (role: Grant['role']): Grant[] => [{ role, project: 'blue' }]

/** Who is admitted comes as far as the certificate request, which is invalid. */
async function codeOf(identity: UserIdentity, role: ClusterRole, person?: string): Promise<string> {
  const body = { role, seconds: 600, csr: 'x', ...(person !== undefined && { person }) }
  const signal = AbortSignal.timeout(1_000)
  const asked = async () => handlers.createKubeconfig({ ...request, identity, params, query: {}, body, signal })
  return asked().then(
    () => 'done',
    ({ code }: { code: string }) => code,
  )
}

test.each<[Grant['role'], ClusterRole[]]>([
  ['viewer', ['view']],
  ['approver', ['view']],
  ['operator', ['view', 'edit']],
  ['admin', ['view', 'edit', 'admin']],
])('a person who is %s gets %j in a cluster of the project, and no more', async (role, permitted) => {
  for (const wanted of ['view', 'edit', 'admin'] as const) {
    const code = await codeOf(caller(blue(role)), wanted)
    expect([wanted, code]).toEqual([wanted, permitted.includes(wanted) ? 'pem/invalid' : 'identity/not-permitted'])
  }
  expect(await codeOf(caller([{ role, project: 'red' }]), 'view')).toBe('identity/not-permitted')
})

test('only who administrates the project gets or revokes access for others', async () => {
  expect(await codeOf(caller(blue('operator')), 'view', 'alice')).toBe('pem/invalid')
  expect(await codeOf(caller(blue('operator')), 'view', 'bob')).toBe('identity/not-permitted')
  expect(await codeOf(caller(blue('admin')), 'view', 'bob')).toBe('pem/invalid')
  // A token is not the person with its name.
  expect(await codeOf(caller(blue('operator'), 'token'), 'view', 'alice')).toBe('identity/not-permitted')
  const revoke = { identity: caller(blue('operator')), params: { ...params, person: 'bob' }, query: {}, body: {} }
  const revoked = async () => handlers.revokeKubeconfigs({ ...request, ...revoke, signal: AbortSignal.timeout(1_000) })
  await expect(revoked()).rejects.toMatchObject({ code: 'identity/not-permitted' })
})
