import { expect, test } from 'vitest'
import { checkOverrides } from './overrides.ts'

const check = (kubeadm: string) => checkOverrides({ kubeadm })

test.each([
  ['whose kind is a mapping', 'kind: {toString: 1, valueOf: 1}\n', 'contains a document whose kind is not a text'],
  ['with an alias of nothing', 'dns: *unknown\n', 'is not YAML: Unresolved alias'],
  ['whose aliases multiply', bomb(), 'is not YAML: Excessive alias count'],
  ['with too many values', `{${'a,'.repeat(2_001)}}`, 'has more than 2000 lines and commas'],
  ['with too many lines', '#\n'.repeat(2_001), 'has more than 2000 lines and commas'],
])('refuses an override %s', async (_, text, found) => {
  const error = { code: 'override/not-usable', message: expect.stringContaining(`the override of kubeadm ${found}`) }
  await expect(check(text)).rejects.toMatchObject(error)
})

test('the kind in the error is short, and has no control characters', async () => {
  const error: unknown = await check(`kind: "\\e[31m${'x'.repeat(30_000)}"\n`).catch((thrown: unknown) => thrown)
  const { message } = error as Error
  expect(message).toMatch(/^the override of kubeadm contains a document of kind {2}\[31mxxx[^\p{Cc}]*$/u)
  expect(message.length).toBeLessThan(300)
})

test('an override of many lines is usable', async () => {
  await check(`kind: ClusterConfiguration\ndns: {}\n${'# x\n'.repeat(1_900)}`)
})

function bomb(): string {
  const levels = [...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`)
  return `a: &a [${Array(9).fill('x')}]\n${levels.join('\n')}\n`
}
