import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import { placeOf, SPEC } from '../../../protocol/declaration/declaration.ts'
import { SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import { checkDocument } from './check.ts'
import { parseDocuments } from './documents.ts'
import { fieldsAt } from './fields.ts'
import { nearest } from './nearest.ts'
import { refuseAll } from './problem.ts'
import { declarationSchema } from './schema.ts'

const HEAD = 'apiVersion: cantrip/v1\nkind: Cluster\nmetadata: { name: factory }\nspec:\n'

/** The message of the error, or the declarations. */
function read(text: string) {
  try {
    const checked = parseDocuments('f.yaml', text).map(checkDocument)
    refuseAll(checked.flatMap((each) => ('problems' in each ? each.problems : [])))
    return checked.flatMap((each) => ('declaration' in each ? [each.declaration] : []))
  } catch (error) {
    if (error instanceof AgentError) return error.message
    throw error
  }
}

test.each<[string, string, string]>([
  ['an unknown field', `${HEAD}  netwrk: {}\n`, 'f.yaml:5:3: spec.netwrk: unknown field; did you mean network?'],
  ['one that is far from any', `${HEAD}  replicas: 3\n`, 'f.yaml:5:3: spec.replicas: unknown field'],
  ['one of another place', `${HEAD}  cni: none\n`, 'f.yaml:5:3: spec.cni: unknown field'],
  [
    'a wrong value',
    `${HEAD}  network:\n    cni: calic\n`,
    'f.yaml:6:10: spec.network.cni: found "calic"; wanted flannel, calico, cilium or none',
  ],
  [
    'a version as a number',
    `${HEAD}  kubernetesVersion: 1.36\n`,
    `f.yaml:5:22: spec.kubernetesVersion: found the number 1.36; wanted v1.MINOR.PATCH, e.g. ${DEFAULT_VERSIONS.kubernetes}`,
  ],
  ['yes', `${HEAD}  autoApprove: yes\n`, 'f.yaml:5:16: spec.autoApprove: found "yes"; wanted true or false'],
  [
    'an octal number',
    `${HEAD}  nodes: [{ match: { serial: 0o17 }, roles: [worker] }]\n`,
    'f.yaml:5:30: spec.nodes[0].match.serial: found the number 15; wanted the text of /sys/class/dmi/id/product_serial, in quotes if it is a number',
  ],
  [
    'one of a list',
    `${HEAD}  nodes:\n  - match: { mac: ['52:54:00:00:00:01', nothing] }\n    roles: [worker]\n`,
    'f.yaml:6:41: spec.nodes[0].match.mac[1]: found "nothing"; wanted six pairs of hexadecimal digits, e.g. 52:54:00:12:34:56',
  ],
  [
    'an empty match',
    `${HEAD}  nodes:\n  - match: {}\n    roles: [worker]\n`,
    'f.yaml:6:12: spec.nodes[0].match: found {}; wanted at least one of hostname, machineId, serial, mac, address, label',
  ],
  [
    'a rule without roles',
    `${HEAD}  nodes:\n  - match: { hostname: a }\n`,
    'f.yaml:6:5: spec.nodes[0].roles: it is missing; wanted [master], [worker] or [master, worker]; beside worker also storage',
  ],
  [
    'a bad label key',
    `${HEAD}  labels: { 'a b': c }\n`,
    'f.yaml:5:20: spec.labels.a b: found "c"; wanted a Kubernetes label KEY=VALUE, e.g. site=north; at most 100',
  ],
  ['another kind', HEAD.replace('Cluster', 'Pod').concat('  {}\n'), 'f.yaml:2:7: kind: found "Pod"; wanted Cluster'],
  ['a list', '- a\n', 'f.yaml:1:1: found ["a"]; wanted a document with apiVersion, kind, metadata and spec'],
  ['a repeated key', `${HEAD}  location: a\n  location: b\n`, 'f.yaml:6:3: Map keys must be unique'],
  ['a tab', `${HEAD}\tlocation: a\n`, 'f.yaml:5:1: Tabs are not allowed as indentation'],
  [
    'what follows a valid document',
    `${HEAD}  location: a\n---\n${HEAD}  location: 1\n`,
    'f.yaml:11:13: spec.location: found the number 1; wanted a text of at most 200 characters',
  ],
  ['a merge key', `${HEAD}  <<: { location: a }\n`, 'f.yaml:5:3: spec.<<: unknown field'],
  ['YAML 1.1', `%YAML 1.1\n---\n${HEAD}  autoApprove: yes\n`, 'f.yaml:1:1: found a directive %YAML 1.1'],
  ['a tag', `${HEAD}  location: !!js/function x\n`, 'f.yaml:5:13: Unresolved tag: tag:yaml.org,2002:js/function'],
  ['an anchor that is not there', `${HEAD}  location: *a\n`, 'f.yaml:1:1: it uses an anchor that it does not have'],
  ['a list as key', `${HEAD}  labels: { [a]: b }\n`, 'f.yaml:5:13: With stringKeys, all keys must be strings'],
  ['nothing', '# only a comment\n', 'f.yaml:1:1: found no document'],
])('%s is refused where it stands', (_, text, expected) => {
  expect(read(text)).toBe(expected)
})

test('all problems are told at once, the first of the file first', () => {
  const text = `${HEAD}  location: 1\n  network: { cni: x, mtu: 9 }\n`
  const lines = String(read(text)).split('\n    ')
  expect(lines.map((line) => line.split(': ')[0])).toEqual(['f.yaml:5:13', 'f.yaml:6:19', 'f.yaml:6:22'])
})

test('neither depth nor aliases make it slow', () => {
  const levels = Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`)
  const bomb = ['a0: &a0 [x, x]', ...levels].join('\n')
  const startedMs = performance.now()
  expect(read(bomb)).toBe('f.yaml:1:1: it uses its anchors more than 100 times')
  expect(read(`a: ${'['.repeat(500_000)}`)).toBe('f.yaml:1:1: it is nested too deeply')
  expect(read(`a: ${'{a: '.repeat(200_000)}`)).toBe('f.yaml:1:1: it is nested too deeply')
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})

test('anchors, CRLF and JSON are read', () => {
  const anchored = `${HEAD}  nodes:\n  - match: &m { hostname: a }\n    roles: [worker]\n  - { match: *m, roles: [worker], count: 2 }\n`
  const [first] = read(anchored) as object[]
  expect(first).toMatchObject({ spec: { nodes: [{ match: { hostname: 'a' } }, { match: { hostname: 'a' } }] } })
  expect(read(anchored.replaceAll('\n', '\r\n'))).toEqual([first])
  expect(read(JSON.stringify(first, null, 2))).toEqual([first])
})

test.each([
  ['netwrok', 'network'],
  ['Network', 'network'],
  ['aproove', 'approve'],
  ['zzz', undefined],
  ['x'.repeat(10_000), undefined],
])('%s is probably %s', (name, meant) => {
  expect(nearest(name, ['network', 'approve', 'nodes'])).toBe(meant)
})

test('no setting has the name of another field of the file, and each has its place there', () => {
  const settings = Object.keys(SETTINGS)
  expect(settings.filter((name) => name in SPEC || name === 'network')).toEqual([])
  for (const name of settings) {
    const place = placeOf(name)
    expect(fieldsAt(place.slice(0, -1)), name).toHaveProperty(name)
  }
})

const validate = new Ajv2020({ strict: true, allErrors: false }).compile(declarationSchema())
const isValid = (value: unknown) =>
  !('problems' in checkDocument({ value, placeOf: () => ({ file: '', line: 1, column: 1 }) }))

const rule = { match: { hostname: 'a' }, roles: ['worker'] }
const file = (spec: object, more: object = {}) => ({
  ...{ apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: 'factory' }, spec },
  ...more,
})
const examples = Object.entries<Setting>(SETTINGS).map(([name, { example }]) => specWith(name, example))
function specWith(name: string, value: unknown) {
  return placeOf(name)
    .slice(1)
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object
}
const rules = (...all: object[]) => file({ nodes: all })

/** Both the editor and the controller take them, or none does. */
const CORPUS: [unknown, boolean][] = [
  [file({}), true],
  ...examples.map((spec): [unknown, boolean] => [file(spec), true]),
  [file({}, { metadata: { name: 'factory', project: 'berlin' } }), true],
  [file({}, { metadata: { name: 'Factory' } }), false],
  [file({}, { metadata: {} }), false],
  [file({}, { kind: 'Pod' }), false],
  [file({}, { status: {} }), false],
  [file({}, { apiVersion: 'v1' }), false],
  [file({ unknown: 1 }), false],
  [file({ network: { cni: 'x' } }), false],
  [file({ network: { podSubnet: 'x' } }), false],
  [file({ labels: { 'a b': 'c' } }), false],
  [file({ labels: { a: 1 } }), false],
  [file({ installerTtlDays: 0 }), false],
  [file({ installerTtlDays: 1.5 }), false],
  [file({ dedicatedMasters: 'yes' }), false],
  [file({ provision: 'manually', nodes: [] }), true],
  [file({ provision: 'no' }), false],
  [rules(rule), true],
  [rules({ ...rule, approve: 'automatically', count: 3, interface: 'eno1', disks: ['/dev/sdb'] }), true],
  [rules({ ...rule, approve: true }), false],
  [rules({ ...rule, count: 0 }), false],
  [rules({ ...rule, roles: [] }), false],
  [rules({ ...rule, roles: ['worker', 'storage'], disks: ['/dev/sdb'] }), true],
  [rules({ roles: ['worker'] }), false],
  [rules({ match: {}, roles: ['worker'] }), false],
  ...['cp-[1-3]', '*', ['a', 'b-{1..9}']].map((hostname): [unknown, boolean] => [
    rules({ ...rule, match: { hostname } }),
    true,
  ]),
  ...['', 'A', '(a|b)', []].map((hostname): [unknown, boolean] => [rules({ ...rule, match: { hostname } }), false]),
  [rules({ ...rule, match: { machineId: 'a'.repeat(32), serial: 'S/1 ä', mac: '52:54:00:AB:cd:01' } }), true],
  [rules({ ...rule, match: { machineId: 'a' } }), false],
  [rules({ ...rule, match: { serial: 'a\nb' } }), false],
  [rules({ ...rule, match: { mac: '52-54-00-AB-cd-01' } }), false],
  [rules({ ...rule, match: { address: ['10.0.0.0/8', 'fd00::1'] } }), true],
  [rules({ ...rule, match: { address: 'example.org' } }), false],
  [rules({ ...rule, match: { label: { line: 'a' } } }), true],
  [rules({ ...rule, match: { label: 'a' } }), false],
]

test.each(CORPUS)('%j: %s', (value, expected) => {
  expect([validate(value), isValid(value)]).toEqual([expected, expected])
})

/** The schema has no words for these. */
test.each([
  [file({ network: { apiEndpoint: 'x:99999' } })],
  [rules({ ...rule, match: { hostname: '[3-1]' } })],
  [rules({ ...rule, match: { address: '10.0.0.0/33' } })],
])('%j: only the controller refuses it', (value) => {
  expect([validate(value), isValid(value)]).toEqual([true, false])
})
