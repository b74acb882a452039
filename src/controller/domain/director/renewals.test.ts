import { expect, it } from 'vitest'
import { cluster, member } from '../../../../test/support/controller/member.ts'
import type { NodeCertificate } from '../../../protocol/certificates/node-certificate.ts'
import type { Node, Run } from '../records.ts'
import type { Member } from '../situation.ts'
import { renewalsToStart } from './renewals.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-01-01T00:00:00.000Z')
const ago = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString()

/** A certificate of a year that is so many days old. */
const aged = (days: number, its: Partial<NodeCertificate> = {}): NodeCertificate => ({
  ...{ name: 'apiserver', owner: 'kubernetes', renewedBy: 'agent', notBefore: ago(days), notAfter: ago(days - 365) },
  ...its,
})

interface Given {
  certificates?: NodeCertificate[]
  node?: Partial<Node>
  run?: Partial<Run>
  repair?: Partial<Run>
}

function given(name: string, { certificates = [aged(300)], node = {}, run = {}, repair }: Given = {}): Member {
  const facts = { certificates } as Node['facts']
  const roles: Node['roles'] = name.startsWith('m') ? ['master'] : ['worker']
  const its = { id: name, name, roles, state: 'READY' as const, facts, ...node }
  const task = name.startsWith('m') ? 'first-master' : 'worker'
  return member(its, { role: task, state: 'done', ...run }, 0, repair ? { role: 'renew', ...repair } : null)
}

const starts = (members: Member[], its = {}, reportSilentMs = 0) =>
  renewalsToStart({ cluster: cluster(its), members, now, reportSilentMs })

it.each<[string, Given, boolean]>([
  ['at two thirds of the life', { certificates: [aged(244)] }, true],
  ['not before', { certificates: [aged(243)] }, false],
  ['for one that is not valid yet', { certificates: [aged(-1)] }, true],
  ['not for an agent that reports none', { certificates: [] }, false],
  ['not for the certificate of the agent itself', { certificates: [aged(300, { owner: 'agent' })] }, false],
  ['not for one that nobody renews', { certificates: [aged(300, { renewedBy: 'nobody' })] }, false],
  ['not for one of the kubelet, which renews it', { certificates: [aged(364, { renewedBy: 'kubelet' })] }, false],
  ['not for one of the kubelet that is not valid yet', { certificates: [aged(-1, { renewedBy: 'kubelet' })] }, false],
  ['for one of the kubelet that has expired', { certificates: [aged(366, { renewedBy: 'kubelet' })] }, true],
  ['not on a node that is silent', { node: { silent: 'suspect' } }, false],
  ['not on a node that leaves', { node: { leaving: 'retire' } }, false],
  ['not during a run', { run: { state: 'open' } }, false],
  [
    'not with an error that is not of a renewal',
    { node: { error: { code: 'bundle/none', message: '', fix: '' } } },
    false,
  ],
  ['not again at once', { repair: { state: 'done', endedAt: ago(0.2) } }, false],
  ['again after hours', { repair: { state: 'done', endedAt: ago(0.3) } }, true],
  [
    'again after hours, although it failed',
    {
      node: { error: { code: 'run/failed', message: '', fix: '' } },
      repair: { state: 'failed', endedAt: ago(0.3) },
    },
    true,
  ],
  [
    'not if the last order could not be given',
    {
      node: { error: { code: 'bundle/none', message: '', fix: '' } },
      repair: { state: 'failed', endedAt: ago(0.3) },
    },
    false,
  ],
])('%s', (_, its, expected) => {
  expect(starts([given('m1', its)])).toEqual(expected ? ['m1'] : [])
})

it('masters one at a time, workers at once', () => {
  const members = ['m1', 'm2', 'm3', 'w1', 'w2'].map((name) => given(name))
  expect(starts(members)).toEqual(['m1', 'w1', 'w2'])
  const busy = given('m1', { repair: { state: 'open' } })
  expect(starts([busy, ...members.slice(1)])).toEqual(['w1', 'w2'])
  const failed = given('m1', { repair: { state: 'failed', endedAt: ago(0.1) } })
  expect(starts([failed, ...members.slice(1)])).toEqual(['w1', 'w2'])
})

it('none while an upgrade goes on', () => {
  expect(starts([given('m1')], { upgrade: { state: 'paused' } })).toEqual([])
  expect(starts([given('m1')], { upgrade: { state: 'done' } })).toEqual(['m1'])
})

it.each<[string, { days?: number; silentMs?: number; keys?: string[]; repair?: Partial<Run> }, boolean]>([
  ['its life of 30 days is over, and it is silent', {}, true],
  ['not before', { days: 29.9 }, false],
  ['not while it reports', { silentMs: 60_000 }, false],
  ['not on a master without its certificate', { keys: [] }, false],
  ['not again at once', { repair: { state: 'done', endedAt: ago(0.2) } }, false],
])("the operator's certificate: %s", (_, { days = 30, silentMs = 90_000, keys = ['SHA256:x'], repair }, expected) => {
  const holder = given('m1', { certificates: [], node: { operatorKeys: keys }, ...(repair && { repair }) })
  const found = starts([holder, given('m2', { certificates: [] })], { operatorSince: ago(days) }, silentMs)
  expect(found).toEqual(expected ? ['m1'] : [])
})
