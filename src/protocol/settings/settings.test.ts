import { expect, test } from 'vitest'
import { NodeParams } from '../wire/instruction.ts'
import { ClusterSettings, SETTINGS } from './cluster-settings.ts'
import { paramsFor, settingCapabilities, unknownSettings } from './node-params.ts'
import type { Setting } from './setting.ts'

const settings = Object.entries<Setting>(SETTINGS)
const examples = Object.fromEntries(settings.map(([name, { example }]) => [name, example]))

test('every example is a value, and not the default', () => {
  expect(ClusterSettings.parse(examples)).toEqual(examples)
  for (const [name, setting] of settings) expect(examples[name], name).not.toEqual(setting.default)
})

test.each(settings)('%s has a help text and a place in cluster show', (_, setting) => {
  expect(setting.flag).toMatch(setting.kind === 'switch' ? /^--[a-z-]+$/ : /^--[a-z-]+ <.+>$/)
  expect(setting.help).toMatch(/^[^A-Z].{5,80}[^.]$/)
  expect(setting.wanted.length).toBeGreaterThan(5)
  expect(`${setting.show.title}:`.length).toBeLessThan(12)
  if (setting.since !== undefined) expect(setting.since).toMatch(/^\d+\.\d+\.\d+$/)
})

test('a cluster without settings has the defaults', () => {
  const standard = settings.flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]]))
  expect(ClusterSettings.parse({})).toEqual(Object.fromEntries(standard))
  expect(() => ClusterSettings.parse({ podSubnets: '10.0.0.0/8' })).toThrow()
})

test('an instruction carries what nodes need to know, and nothing else', () => {
  const all = ClusterSettings.parse(examples)
  expect(Object.keys(paramsFor('cluster', all, []))).toEqual([
    'kubernetesVersion',
    'cni',
    'podSubnet',
    'serviceSubnet',
    'dedicatedMasters',
    'overrides',
  ])
  expect(paramsFor('node', all, [])).toEqual({ labels: { site: 'north' } })
})

test('the parameters that released agents take are those of this build', () => {
  const { cluster, node } = NodeParams.shape
  expect(Object.keys(cluster.shape).sort()).toEqual([
    ...['cni', 'dedicatedMasters', 'endpoint', 'id', 'kubernetesVersion', 'masters', 'name', 'overrides'],
    ...['podSubnet', 'serviceSubnet'],
  ])
  expect(Object.keys(node.shape).sort()).toEqual(['address', 'labels', 'name', 'roles'])
  expect(settingCapabilities()).toEqual([])
  expect(unknownSettings(ClusterSettings.parse(examples), [])).toEqual([])
})
