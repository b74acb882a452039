import type { Change } from '../../../src/controller/domain/change.ts'
import type { Enrolment } from '../../../src/controller/domain/records.ts'
import { ClusterSettings } from '../../../src/protocol/settings/cluster-settings.ts'
import { facts } from './agent.ts'
import { cluster, EARLY, node, run } from './member.ts'
import { wellReport } from './well-report.ts'

const error = { code: 'a/b', message: 'c\0\ud800', fix: 'd' }

const issued = {
  ...{ serial: '01', createdAt: EARLY, expiresAt: EARLY, issuedBy: 'local' },
  ...{ lastUsedAt: null, revokedAt: EARLY, revokedBy: 'local' },
}

const { serial: _, ...token } = issued

/** A cluster with records that use every field, and texts that are hard to store. */
export function fullCluster(): Change[] {
  const one = node({
    facts,
    error,
    disks: ['/dev/sdb'],
    upSeq: 7,
    alarms: [{ ...error, since: EARLY, at: EARLY }],
    ruling: 'held',
    place: { task: 'worker', reached: 'admitted' },
    machine: { machineId: 'm', macs: [], serial: 's', labels: { line: 'a' } },
  })
  const enrolment: Enrolment = {
    ...{ fingerprint: 'f-1', nodeId: one.id, installer: 'i-1', publicKey: 'k', state: 'approved', certificate: 'c' },
    next: { fingerprint: 'f-2', publicKey: 'k2', certificate: 'c2' },
    createdAt: EARLY,
  }
  return [
    {
      change: 'add-cluster',
      cluster: cluster({
        settings: ClusterSettings.parse({ labels: { a: 'b' } }),
        report: wellReport(['one'], ['one']),
        rules: { provision: 'manually', nodes: [{ match: { label: { line: 'a' } }, roles: ['worker'], count: 2 }] },
        gone: [{ name: 'two', address: '10.0.0.2', role: 'worker' } as never],
        credentials: [{ ...issued, name: 'demo', maxNodes: null, enrolled: 0 }],
        error,
      }),
    },
    { change: 'add-administrator', administrator: { ...issued, name: 'alice' } },
    { change: 'add-answer', answer: { key: 'k', owner: 'o', request: 'r', status: 200, body: '{}', createdAt: EARLY } },
    {
      change: 'add-account',
      account: {
        ...{ name: 'alice', password: '$argon2id$', grants: [{ role: 'operator', project: 'berlin' }] },
        ...{ createdAt: EARLY, createdBy: 'local', lastUsedAt: EARLY, disabledAt: EARLY },
      },
    },
    {
      change: 'add-api-token',
      token: { ...token, hash: 'h-1', name: 'ci', grants: [{ role: 'viewer', project: null }], account: 'alice' },
    },
    {
      change: 'add-user-session',
      session: {
        ...{ hash: 'h-2', id: 's-1', name: 'oidc:bob', grants: [{ role: 'admin', project: null }], kind: 'cookie' },
        ...{ holder: { kind: 'token', name: 'ci', id: 'h-1' }, isCode: true, madeBy: 's-1' },
        ...{ address: '10.0.0.1', createdAt: EARLY, lastUsedAt: EARLY, expiresAt: EARLY },
      },
    },
    { change: 'add-node', node: one },
    { change: 'add-node', node: node({ id: 'n-bbbbbbbbbb', name: 'ä€\u{1F600}"\'\\', state: 'REMOVED' }) },
    { change: 'add-enrolment', enrolment },
    { change: 'add-run', run: run({ payload: '{"a":1}', signature: 's', error, repair: true }) },
    { change: 'add-run', run: run({ id: 'r-bbbbbbbbbb', generation: 2, state: 'done', endedAt: EARLY }) },
  ]
}

/** Events of the cluster, one commit's worth. */
export function addEvents(count: number, from = 1): Change[] {
  return Array.from({ length: count }, (_, at) => ({
    change: 'add-event',
    event: {
      ...{ at: EARLY, clusterId: cluster().id, nodeId: node().id, nodeSeq: from + at, runId: run().id },
      event: { kind: 'step-started', at: EARLY, step: `s-${at}`, title: 'a\u2028b' },
    },
  }))
}
