import { expect, test } from 'vitest'
import { admitLabelCount, admitLabels } from './labels.ts'

test.each([
  ['site', true],
  ['example.org/rack', true],
  ['mykubernetes.io/x', true],
  ['topology.kubernetes.io/zone', true],
  ['topology.kubernetes.io/region', true],
  ['node.kubernetes.io/instance-type', true],
  ['sub.node.kubernetes.io/x', true],
  ['kubelet.kubernetes.io/x', true],
  ['topology.kubernetes.io/other', false],
  ['node-role.kubernetes.io/worker', false],
  ['node-restriction.kubernetes.io/x', false],
  ['othernode.kubernetes.io/x', false],
  ['kubernetes.io/hostname', false],
  ['x.k8s.io/y', false],
])('label %s: %s', (key, isAdmitted) => {
  const admit = () => admitLabels({ site: 'north', [key]: 'x' })
  if (isAdmitted) expect(admit).not.toThrow()
  else {
    const fix = expect.stringContaining(`kubectl label node NODE ${key}=x`)
    expect(admit).toThrow(expect.objectContaining({ code: 'labels/reserved', kind: 'invalid', fix }))
  }
})

test('a node has at most as many labels as an instruction can carry', () => {
  const many = (count: number, prefix: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, '']))
  const admit = (ofCluster: number, own: number) => () =>
    admitLabelCount(many(ofCluster, 'c'), [{ name: 'one', labels: many(own, 'n') }])
  expect(admit(50, 50)).not.toThrow()
  expect(admit(0, 51)).toThrow(expect.objectContaining({ code: 'labels/too-many', kind: 'invalid' }))
  expect(admit(60, 41)).toThrow('found 41 labels of node one, 101 with those of its cluster')
})
