import { expect, test } from 'vitest'
import { readObjects } from './objects.ts'
import { renderAddOn } from './render.ts'

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: shop }\n'

test('a value at one place does not change another that was an alias of it', async () => {
  const objects = await readObjects('x', `${CONFIG}data: { one: &same { a: '1' }, two: *same }\n`)
  const sets = [{ object: '/ConfigMap/shop/x', pointer: '/data/one/a' }]
  const values = { a: { title: 'a', schema: { type: 'string' as const }, default: '2', sets } }
  const [rendered] = renderAddOn({ id: 'x', values }, objects, {})
  expect(rendered?.data).toEqual({ one: { a: '2' }, two: { a: '1' } })
})

test('aliases do not make more of a text than an add-on may have', async () => {
  const aliases = Array.from({ length: 99 }, (_, at) => `a${at}: *long`).join(', ')
  const large = `${CONFIG}data: { long: &long ['${'x'.repeat(200_000)}'], ${aliases} }\n`
  await expect(readObjects('x', large)).rejects.toMatchObject({
    code: 'add-on/invalid-objects',
    message: expect.stringMatching(/document 1: with its aliases followed, it is larger than an add-on/),
  })
  // All objects together.
  const half = Array.from({ length: 9 }, (_, at) => `a${at}: *long`).join(', ')
  const some = (name: string) =>
    `${CONFIG.replace('name: x', `name: ${name}`)}data: { long: &long ['${'x'.repeat(200_000)}'], ${half} }\n`
  expect(await readObjects('x', some('a'))).toHaveLength(1)
  await expect(readObjects('x', ['a', 'b', 'c'].map(some).join('---\n'))).rejects.toThrow(/document 3: with its/)
})

test.each([
  ['data: &all { again: *all }', /document 1/],
  [`data: ${'['.repeat(200)}${']'.repeat(200)}`, /document 1: it has more than 100 levels/],
  [`data: ${'['.repeat(100_000)}`, /document 1|its objects/],
  ['data: { a: .nan }', /document 1: it has a value that JSON does not have/],
  ['data: { a: !!binary aGk= }', /document 1: it has a value that JSON does not have/],
  ['data: { a: !!set { b } }', /document 1: it has a value that JSON does not have/],
])('refuses %#', async (text, message) => {
  await expect(readObjects('x', `${CONFIG}${text}\n`)).rejects.toMatchObject({
    code: 'add-on/invalid-objects',
    message: expect.stringMatching(message),
  })
})

test.each(['metadata: null', '5', '[1]', '- metadata:'])('refuses the document %s', async (text) => {
  await expect(readObjects('x', text)).rejects.toMatchObject({ code: 'add-on/invalid-objects' })
})
