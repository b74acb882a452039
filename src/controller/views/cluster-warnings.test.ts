import { expect, test } from 'vitest'
import { facts } from '../../../test/support/controller/agent.ts'
import { cluster, EARLY, node } from '../../../test/support/controller/member.ts'
import type { Node } from '../domain/records.ts'
import type { HasPresence, HasStore } from '../ports.ts'
import { clusterWarnings, holderOfName } from './cluster-warnings.ts'

const CARD = { name: 'eth0', mac: '52:54:00:00:00:01', mtu: 1500, speedMbps: null, defaultRoute: true }
const factsOf = (last: number, more: Partial<NonNullable<Node['facts']>> = {}) => ({
  ...facts,
  machineId: `${last}`.repeat(32),
  interfaces: [{ ...CARD, mac: `52:54:00:00:00:0${last}`, addresses: [{ address: `10.0.0.${last}`, prefix: 24 }] }],
  ...more,
})

/** A cluster of these; the first is asked about, the others are connected. */
function warnings(own: Partial<Node>, ...others: Partial<Node>[]) {
  const all = [own, ...others].map((each, i) =>
    node({ id: `n-${i}`, name: `node-${i}`, facts: factsOf(i + 1), interface: null, ...each }),
  )
  const [first] = all
  if (first === undefined) throw new Error('no node')
  const ports = { now: () => new Date(EARLY) }
  return clusterWarnings(ports, { cluster: cluster(), nodes: all }, first).map(({ id, found }) => `${id}: ${found}`)
}

test('different machines have no findings', () => {
  expect(warnings({}, {}, {})).toEqual([])
  expect(warnings({ facts: null }, { facts: null })).toEqual([])
})

test('a clone is reported with everything that it shares', () => {
  const productUuid = '2f1a8f52-6c0e-4f3b-9f0e-0c9f6f2f9f11'
  const clone = factsOf(1, { productUuid })
  expect(warnings({ facts: clone }, {}, { facts: clone })).toEqual([
    `identity: machine-id ${'1'.repeat(32)} is also that of node-2 (n-2); product_uuid ${productUuid} is also that of node-2 (n-2); MAC address 52:54:00:00:00:01 is also that of node-2 (n-2)`,
  ])
})

test('a missing UUID, a MAC of zeros and links of pod networks do not identify a machine', () => {
  const bare = (last: number) =>
    factsOf(last, {
      productUuid: '00000000-0000-0000-0000-000000000000',
      interfaces: [
        { ...CARD, mac: '00:00:00:00:00:00', addresses: [] },
        { ...CARD, name: 'cni0', addresses: [{ address: '10.244.0.1', prefix: 24 }] },
      ],
    })
  expect(warnings({ facts: bare(1) }, { facts: bare(2) })).toEqual([])
})

test('a namesake, whether it is connected or not', () => {
  expect(warnings({ name: 'one' }, { name: 'one' })).toEqual(['hostname: one is also the name of one (n-1)'])
  expect(warnings({ name: 'one' }, { name: 'one', id: 'n-9', state: 'READY' })).toEqual([
    'hostname: one is also the name of one (n-9)',
  ])
})

test('an address in a subnet of the cluster', () => {
  const interfaces = [{ ...CARD, addresses: [{ address: '10.96.3.4', prefix: 24 }] }]
  expect(warnings({ facts: factsOf(1, { interfaces }) })).toEqual([
    'subnets: 10.96.3.4 is in the service subnet 10.96.0.0/12',
  ])
})

test('a name is in use if another machine with it is connected', async () => {
  const holder = (present: boolean, machineId: string) => {
    const ports = {
      store: { nodesOf: async () => [node({ name: 'one', facts: factsOf(1) })] },
      presence: { isConnected: () => present },
    } as unknown as HasStore & HasPresence
    return holderOfName(ports, 'c', 'one', machineId)
  }
  expect(await holder(true, '2'.repeat(32))).toMatch(/^one \(n-/)
  expect(await holder(true, '1'.repeat(32))).toBeNull()
  expect(await holder(false, '2'.repeat(32))).toBeNull()
})
