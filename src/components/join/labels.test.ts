import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { joinConfiguration } from './configuration.ts'
import { labelsLeft, mayGiveItself } from './labels.ts'
import { acceptInvitation } from './steps.ts'

test.each([
  ['site', true],
  ['example.org/rack', true],
  ['mykubernetes.io/x', true],
  ['topology.kubernetes.io/zone', true],
  ['topology.kubernetes.io/region', true],
  ['node.kubernetes.io/instance-type', true],
  ['kubelet.kubernetes.io/x', true],
  ['topology.kubernetes.io/other', false],
  ['node-role.kubernetes.io/worker', false],
  ['node-restriction.kubernetes.io/x', false],
  ['sub.node.kubernetes.io/x', true],
  ['othernode.kubernetes.io/x', false],
  ['kubernetes.io/hostname', false],
  ['x.k8s.io/y', false],
])('a kubelet may give itself %s: %s', (key, may) => {
  expect(mayGiveItself(key)).toBe(may)
})

const labels = { 'node-role.kubernetes.io/x': '', 'topology.kubernetes.io/zone': 'a', site: 'north' }

test('a worker joins with those, and the others are named with what a person can do', async () => {
  const { params } = fakeKubernetes()
  const node = { ...params.node, labels }
  const invitation = { role: 'worker', token: 't', caHash: 'h' } as const
  const { nodeRegistration } = await joinConfiguration({ ...params, node }, invitation)
  expect(nodeRegistration).toMatchObject({
    kubeletExtraArgs: [{ name: 'node-ip' }, { name: 'node-labels', value: 'topology.kubernetes.io/zone=a,site=north' }],
  })
  expect(labelsLeft('w1', labels)).toContain('kubectl label node w1 node-role.kubernetes.io/x=')
  expect(labelsLeft('w1', { site: 'north' })).toBe(undefined)
})

test('the run says so', async () => {
  const { host, params } = fakeKubernetes()
  const logged: string[] = []
  const context = {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: (text: string) => logged.push(text),
  }
  const requestInvitation = async () => ({ role: 'worker', token: 't', caHash: 'h' }) as const
  await acceptInvitation.apply(host, { ...params, node: { ...params.node, labels }, requestInvitation }, context)
  expect(logged).toEqual([labelsLeft('n1', labels)])
})
