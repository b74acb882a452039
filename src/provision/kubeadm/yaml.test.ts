import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readYaml, writeYaml } from './yaml.ts'

/** Strings that some YAML 1.1 or 1.2 parser reads as another type. */
const NASTY = [
  ...['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', '~', '', 'Yes', 'NO', 'On'],
  ...['0', '1', '007', '0b101', '0o7', '0x1f', '1e3', '1.5', '.5', '1_000', '-1', '+1', '.inf', '.nan', '1e-7'],
  ...['12:30:45', '1:20', '2026-11-29', '2026-11-29t01:02:03z', '192.168.0.1', '1.36', 'v1.2.3'],
  ...[
    '=',
    '- a',
    '? a',
    'a: b',
    'a #b',
    '#a',
    '!a',
    '&a',
    '*a',
    '%a',
    '@a',
    '`a',
    '[a',
    '{a',
    '"a',
    "'a",
    ' a ',
    'a\nb',
    '---',
  ],
]

test.each(NASTY)('the string %j stays a string for every parser, and a key for those of Kubernetes', async (text) => {
  const value = { name: text, list: [text], after: 1 }
  const written = await writeYaml(value)
  for (const version of ['1.1', '1.2'] as const) expect(parse(written, { version }), written).toEqual(value)
  expect(written).toContain(`name: ${JSON.stringify(text)}
`)
  expect(written).not.toMatch(/^%|^---/)
  expect(parse(await writeYaml({ [text]: 'x' }), { version: '1.1' })).toEqual({ [text]: 'x' })
})

test('other types keep their type', async () => {
  const value = { yes: true, count: 3, share: 0.5, none: null, empty: {}, list: [], large: 1e21 }
  expect(parse(await writeYaml(value), { version: '1.1' })).toEqual(value)
})

test('an override is read as by Kubernetes programs', async () => {
  const text =
    'a: yes\nb: off\nc: 0b101\nd: 1_000\ne: "no"\nf: 12:30:45\ng: 2026-11-29\nh: 022\n---\nbase: &base {x: 1}\nmerged: {<<: *base, y: 2}\n'
  const [first, second] = await readYaml(text)
  expect(first?.value).toEqual({ a: true, b: false, c: 5, d: 1000, e: 'no', f: '12:30:45', g: '2026-11-29', h: 18 })
  expect(second?.value).toMatchObject({ merged: { x: 1, true: 2 } })
  expect((await readYaml('a: [')).map(({ problem }) => typeof problem)).toEqual(['string'])
  expect(await readYaml('')).toEqual([])
  expect([...parseAllDocuments(text)]).toHaveLength(2)
})
