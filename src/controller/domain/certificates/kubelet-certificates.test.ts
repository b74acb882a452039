import { expect, test } from 'vitest'
import type { NodeCertificate } from '../../../protocol/certificates/node-certificate.ts'
import type { ClusterData } from '../draft.ts'
import type { Node } from '../records.ts'
import { kubeletCertificatesIn } from './kubelet-certificates.ts'

type Kind = 'self-signed' | 'issued' | 'none'

interface Given {
  nodes?: Kind[]
  /** The instruction of the first node; undefined: none. */
  told?: { role: string; payload: string }
  approves?: boolean
}

function data({ nodes = [], told, approves = false }: Given): ClusterData {
  const serving = (renewedBy: NodeCertificate['renewedBy']) => ({ name: 'kubelet-serving', renewedBy })
  const facts = { 'self-signed': [serving('nobody')], issued: [serving('kubelet')], none: [] }
  return {
    cluster: { report: approves ? { approvesServing: true } : {} },
    nodes: nodes.map((kind, index) => ({ id: String(index), state: 'READY', facts: { certificates: facts[kind] } })),
    runs: told ? [{ nodeId: '0', generation: 1, ...told }] : [],
  } as unknown as ClusterData
}

const MODE = '{"kubeletCertificates":"verified"}'

test.each<[string, Given, ReturnType<typeof kubeletCertificatesIn>]>([
  ['of a new cluster', {}, 'verified'],
  [
    'beside a first master that was told so',
    { nodes: ['none'], told: { role: 'first-master', payload: MODE } },
    'verified',
  ],
  ['beside one of an earlier agent', { nodes: ['none'], told: { role: 'first-master', payload: '{}' } }, undefined],
  ['beside a worker of an earlier agent', { nodes: ['none'], told: { role: 'worker', payload: '{}' } }, 'verified'],
  ['after a reset', { nodes: ['none'], told: { role: 'reset', payload: '{}' } }, 'verified'],
  ['if all are issued', { nodes: ['issued', 'issued'] }, 'verified'],
  ['if one is not, and nobody approves', { nodes: ['issued', 'self-signed'] }, undefined],
  ['if one is not, and the operator approves', { nodes: ['issued', 'self-signed'], approves: true }, 'issued'],
])('%s: the next instruction says %s', (_, given, expected) => {
  expect(kubeletCertificatesIn(data(given))).toBe(expected)
})

test('a removed node does not count', () => {
  const given = data({ nodes: ['self-signed'] })
  const nodes = given.nodes.map((node): Node => ({ ...node, state: 'REMOVED' }))
  expect(kubeletCertificatesIn({ ...given, nodes })).toBe('verified')
})
