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
  // commander takes --no-X for the negation of --X, which is true by default.
  expect(setting.flag).not.toMatch(/^--no-/)
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
  expect(Object.keys(paramsFor('cluster', all, settingCapabilities()))).toEqual(
    expect.arrayContaining(['certSANs', 'httpProxy', 'httpsProxy', 'noProxy', 'registryMirrors']),
  )
  expect(paramsFor('node', all, [])).toEqual({ labels: { site: 'north' } })
})

test('the parameters that released agents take are those of this build', () => {
  const { cluster, node } = NodeParams.shape
  expect(Object.keys(cluster.shape).sort()).toEqual([
    ...[
      'addOns',
      'certSANs',
      'cni',
      'dedicatedMasters',
      'endpoint',
      'httpProxy',
      'httpsProxy',
      'id',
      'kubeletCertificates',
    ],
    'kubernetesVersion',
    ...['masters', 'mirrorOnly', 'name', 'noProxy', 'nodeProxies', 'overrides', 'podSubnet'],
    ...['registryCa', 'registryMirrors'],
    ...['serviceSubnet', 'workerProxy'],
  ])
  for (const later of settingCapabilities()) {
    expect(cluster.shape[later.replace('setting/', '') as 'certSANs'].safeParse(undefined).success).toBe(true)
  }
  expect(Object.keys(node.shape).sort()).toEqual(['address', 'disks', 'labels', 'name', 'roles'])
  const later = [
    ...['certSANs', 'httpProxy', 'httpsProxy', 'noProxy', 'workerProxy', 'nodeProxies'],
    ...['registryMirrors', 'mirrorOnly', 'registryCa'],
  ]
  expect(settingCapabilities()).toEqual(later.map((name) => `setting/${name}`))
  expect(unknownSettings(ClusterSettings.parse(examples), [])).toEqual(later)
  expect(unknownSettings(ClusterSettings.parse({}), [])).toEqual([])
})

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const many = (count: number, entry: (at: number) => [string, string]) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => entry(at)))

test.each<[string, unknown, boolean]>([
  ['httpProxy', 'http://proxy.example.org:3128', true],
  ['httpProxy', 'http://user:word@proxy.example.org:3128', false],
  ['httpsProxy', 'http://token@proxy.example.org:3128', false],
  ['httpsProxy', 'http://:word@proxy.example.org:3128', false],
  ['registryMirrors', { 'docker.io': 'https://me:word@mirror.example.org' }, false],
  ['registryMirrors', { 'docker.io': 'https://mirror.example.org/?token=word' }, false],
  ['workerProxy', 'none', true],
  ['workerProxy', 'http://me:word@proxy.example.org:3128', false],
  ['nodeProxies', { 'node-7': 'none', 'm1.example.org': 'http://proxy.example.org:3128' }, true],
  ['nodeProxies', { 'node-7': 'http://me:word@proxy.example.org:3128' }, false],
  ['nodeProxies', { Node_7: 'none' }, false],
  ['nodeProxies', many(101, (at) => [`node-${at}`, 'none']), false],
  ['registryCa', { '*': CERTIFICATE }, true],
  ['httpProxy', 'socks5://proxy.example.org', false],
  ['httpsProxy', 'http://proxy.example.org:3128"\nLD_PRELOAD=x', false],
  ['noProxy', '.example.org,192.0.2.0/24', true],
  ['noProxy', 'a b', false],
  ['registryMirrors', { '*': 'https://mirror.example.org/hub' }, true],
  ['registryMirrors', { '../../etc': 'https://mirror.example.org' }, false],
  ['registryMirrors', { 'docker.io': 'mirror.example.org' }, false],
  ['registryMirrors', many(100, (at) => [`r${at}.example.org`, 'https://mirror.example.org']), true],
  ['registryMirrors', many(101, (at) => [`r${at}.example.org`, 'https://mirror.example.org']), false],
  ['registryMirrors', { [`${'r'.repeat(254)}:5000`]: 'https://mirror.example.org' }, false],
  ['registryCa', { 'mirror.example.org:5000': CERTIFICATE.repeat(2) }, true],
  [
    'registryCa',
    { 'mirror.example.org': `${CERTIFICATE}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n` },
    false,
  ],
  ['registryCa', { '../etc': CERTIFICATE }, false],
  ['registryCa', { 'mirror.example.org': CERTIFICATE.repeat(2_000) }, false],
  ['registryCa', many(40, (at) => [`r${at}.example.org`, CERTIFICATE.repeat(40)]), false],
  ['labels', many(101, (at) => [`rack-${at}`, 'x']), false],
  ['certSANs', ['*.example.org', '192.0.2.1', '2001:db8::1'], true],
  ['certSANs', ['api_1'], false],
])('%s may be %j: %s', (name, value, isValid) => {
  expect(ClusterSettings.safeParse({ [name]: value }).success).toBe(isValid)
})
