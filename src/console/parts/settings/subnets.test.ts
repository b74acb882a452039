import { expect, test } from 'vitest'
import { admitSubnets } from '../../../controller/domain/settings/subnets.ts'
import { subnetProblems } from './subnets.ts'

const PODS = '10.244.0.0/16'
const SERVICES = '10.96.0.0/12'

test.each([
  [PODS, SERVICES],
  ['10.244.0.0/23', SERVICES],
  ['10.0.0.0/8', '192.168.0.0/24'],
  ['10.244.0.0/24', SERVICES],
  ['10.96.0.0/16', SERVICES],
  ['10.0.0.0/7', '192.168.0.0/24'],
  ['10.244.1.0/16', SERVICES],
  ['127.0.0.0/16', SERVICES],
  ['240.0.0.0/8', SERVICES],
  ['fd00::/48', SERVICES],
  [PODS, '10.96.0.0/25'],
  [PODS, '10.0.0.0/8'],
  [PODS, '10.96.0.0'],
  ['10.244.0.0/33', SERVICES],
  ['10.300.0.0/16', SERVICES],
  ['010.244.0.0/16', SERVICES],
  ['', SERVICES],
])('pods %s and services %s are refused if the controller refuses them', (podSubnet, serviceSubnet) => {
  let isAdmitted = true
  try {
    admitSubnets({ podSubnet, serviceSubnet, overrides: {} })
  } catch {
    isAdmitted = false
  }
  expect(Object.keys(subnetProblems(podSubnet, serviceSubnet, [])).length === 0).toBe(isAdmitted)
})

test('a range that contains a node is told with its name', () => {
  const nodes = [
    { name: 'n1', address: '192.168.1.7' },
    { name: 'n2', address: '10.244.3.4' },
    { name: 'n3', address: '' },
  ]
  expect(subnetProblems(PODS, SERVICES, nodes)).toEqual({
    podSubnet: 'It contains 10.244.3.4, the address of node n2. Choose another range.',
  })
})

test('ranges that overlap are told at both', () => {
  expect(Object.keys(subnetProblems('10.96.0.0/16', SERVICES, []))).toEqual(['podSubnet', 'serviceSubnet'])
})
