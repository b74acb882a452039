import { expect, test } from 'vitest'
import { AddOnDescription } from './format.ts'
import { readObjects } from './objects.ts'
import { ADD_ON_LABEL, renderAddOn } from './render.ts'
import { isSafePattern } from './value.ts'

const TEXT = `apiVersion: v1
kind: Namespace
metadata: { name: monitoring, creationTimestamp: null }
status: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: db, namespace: monitoring, labels: { app: db } }
spec:
  replicas: 1
  template:
    spec: { containers: [{ name: db, image: 'db:1', args: ['-a', '-retentionPeriod=1'] }] }
---
`
const DEPLOYMENT = 'apps/Deployment/monitoring/db'
const sets = (pointer: string, text?: string) => [{ object: DEPLOYMENT, pointer, ...(text !== undefined && { text }) }]
const DESCRIPTION = {
  format: 1,
  id: 'db',
  version: 'v1',
  slot: 'monitoring',
  title: 'A database',
  requires: { slots: [], roles: [], kubernetes: '>=1.34' },
  values: {
    retention: {
      title: 'how long samples are kept',
      schema: { type: 'string', pattern: '[0-9]+[dwy]' },
      default: '14d',
      sets: sets('/spec/template/spec/containers/0/args/1', '-retentionPeriod={}'),
    },
    replicas: { title: 'copies', schema: { type: 'integer', minimum: 0 }, default: 1, sets: sets('/spec/replicas') },
    paused: { title: 'no rollout', schema: { type: 'boolean' }, default: false, sets: sets('/spec/paused') },
  },
  images: ['db:1'],
  ports: [{ protocol: 'tcp', port: 9100, on: 'each', reason: 'metrics' }],
  resources: { cpuMilli: 10, memoryBytes: 1_000 },
  hostPaths: [],
  objects: { sha256: '0'.repeat(64), bytes: TEXT.length, count: 2 },
} as const
const parsed = AddOnDescription.parse(DESCRIPTION)

test('values are set, others have their default, and every object has the label', async () => {
  const objects = await readObjects('db', TEXT)
  const [namespace, deployment] = renderAddOn(parsed, objects, { retention: '30d', replicas: 2 })
  expect(namespace).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'monitoring', labels: { [ADD_ON_LABEL]: 'db' } },
  })
  expect(deployment?.metadata.labels).toEqual({ app: 'db', [ADD_ON_LABEL]: 'db' })
  expect(deployment?.spec).toMatchObject({
    replicas: 2,
    paused: false,
    template: { spec: { containers: [{ args: ['-a', '-retentionPeriod=30d'] }] } },
  })
  // The objects themselves stay as they are.
  expect(objects).toEqual(await readObjects('db', TEXT))
})

test.each([
  [{ retention: 'for ever' }, /retention of the add-on db is "for ever"; wanted a text .* like \[0-9\]\+\[dwy\]/],
  [{ retention: '1d\n' }, /wanted/],
  [{ replicas: -1 }, /replicas .* is -1; wanted an integer, at least 0/],
  [{ replicas: '1' }, /wanted an integer/],
  [{ paused: 1 }, /wanted true or false/],
  [{ retentoin: '1d' }, /has no value retentoin; wanted one of retention, replicas, paused/],
  [{ constructor: 1 }, /has no value constructor/],
])('refuses %j', async (values, message) => {
  const objects = await readObjects('db', TEXT)
  expect(() => renderAddOn(parsed, objects, values)).toThrow(message)
})

test.each([
  ['/spec/template/spec/containers/1/args/0', false],
  ['/spec/template/spec/containers/0/args/2', false],
  ['/spec/template/spec/containers/0/args/-', true],
  ['/spec/other/member', false],
  ['/spec/__proto__', false],
  ['/spec/new', true],
  ['/metadata/labels/a~1b', true],
])('a value at %s: %s', async (pointer, isPlace) => {
  const replicas = { ...DESCRIPTION.values.replicas, sets: sets(pointer) }
  const description = AddOnDescription.parse({ ...DESCRIPTION, values: { replicas } })
  const render = async () => renderAddOn(description, await readObjects('db', TEXT), {})
  if (isPlace) expect(JSON.stringify(await render())).toMatch(/"a\/b":1|"new":1|,1\]/)
  else await expect(render()).rejects.toThrow(/which its objects do not have/)
})

test.each([
  ['', /contains no objects/],
  ['a: [', /document 1 is not valid YAML/],
  ['apiVersion: v1\nkind: List\nmetadata: {name: x}\nitems: []', /is a List/],
  ['apiVersion: v1\nkind: Pod\nmetadata: {generateName: x}', /metadata/],
  ['apiVersion: v1\nkind: Pod\nmetadata: {name: x, resourceVersion: "1"}', /resourceVersion/],
  ['just text', /no object to apply/],
  [`${TEXT}${TEXT}`, /Namespace monitoring twice/],
  [`a: ${'x'.repeat(4 * 1024 * 1024)}`, /bytes; wanted at most/],
  [Array.from({ length: 501 }, (_, i) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p${i}}`).join('\n---\n'), /501/],
])('refuses objects %#', async (text, message) => {
  await expect(readObjects('db', text)).rejects.toThrow(message)
})

test('values of manifests are those that Go programs read', async () => {
  const [object] = await readObjects('x', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nmode: 0644\nat: 12:30')
  expect(object).toMatchObject({ mode: 0o644, at: '12:30' })
})

test.each([
  ['[0-9]+(h|d)', true],
  ['[a-z](-[a-z]{1,5})?\\.[^)+]+', true],
  ['(a+)+', false],
  ['(a|a)*', false],
  ['(?=a)a', false],
  ['(a)\\1', false],
  ['a*a*a*a*b', false],
  ['a?a?a?b', true],
  [`${'a?'.repeat(24)}b`, false],
  [`${'a{0,99}'.repeat(4)}b`, false],
  [`${'a{0,99}?'.repeat(3)}b`, true],
  [`${'(a|a)'.repeat(24)}b`, false],
  [`${'(a|(a|a))'.repeat(2)}b`, false],
  [`${'a{3}'.repeat(9)}(?:b)(c)\\p{L}\\u{61}`, true],
  ['(', false],
])('the pattern %s is safe: %s', (pattern, expected) => {
  expect(isSafePattern(pattern)).toBe(expected)
})
