import { expect, it } from 'vitest'
import { cluster, EARLY, node, run } from '../../../test/support/controller/member.ts'
import { openDraft } from '../domain/draft.ts'
import type { Run } from '../domain/records.ts'
import { wasReset } from './node-commands.ts'

const own = node({ state: 'PROVISIONING' })
const draftWith = (changes: Partial<Run>) =>
  openDraft({ version: 0, cluster: cluster(), nodes: [own], runs: [run(changes)], enrolments: [] }, new Date(EARLY))

it('a node that was reset by hand and has nothing to do is back at its start', () => {
  const draft = draftWith({ state: 'failed' })
  wasReset(draft, own)
  expect(draft.nodes).toEqual([expect.objectContaining({ state: 'DISCOVERED', roles: [] })])
  expect(draft.cluster.gone).toEqual([{ name: 'one', address: '10.0.0.1', role: 'master' }])
})

it('one that is to start the cluster starts another one', () => {
  const draft = draftWith({})
  wasReset(draft, own)
  expect(draft.nodes).toEqual([own])
  expect(draft.runs).toEqual([
    expect.objectContaining({ progress: { of: 0, done: 0, current: {}, startsAnotherCluster: true } }),
  ])
})

it('one that is to join does just that', () => {
  const draft = draftWith({ role: 'worker' })
  wasReset(draft, own)
  expect(draft.changes).toEqual([])
})
