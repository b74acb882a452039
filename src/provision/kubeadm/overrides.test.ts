import { expect, test } from 'vitest'
import { checkOverrides } from './overrides.ts'

const check = (kubeadm: string) => checkOverrides({ kubeadm })

test.each([
  ['whose kind is a mapping', 'kind: {toString: 1, valueOf: 1}\n', 'contains a document whose kind is not a string'],
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

test.each([
  ['a key without a value', 'version = 3\nroot\n', 'at line 2, column '],
  ['a table that is not closed', '[plugins\n', 'at line 1, column '],
  ['a key that is there twice', 'root = "/a"\nroot = "/b"\n', 'at line 2, column '],
  ['YAML', 'root: /a\n', 'at line 1, column '],
])('refuses an override of containerd that is not TOML: %s', async (_, containerd, where) => {
  const error: unknown = await checkOverrides({ containerd }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'override/not-usable' })
  expect((error as Error).message).toMatch(
    /^the override of containerd is not TOML: [^\n]+; a configuration file of containerd is required$/,
  )
  expect((error as Error).message).toContain(where)
})

test('what the text of TOML says is not in the error: it may be a secret', async () => {
  const error: unknown = await checkOverrides({ containerd: '[auth]\npassword = hunter2 x\n' }).catch(
    (thrown) => thrown,
  )
  expect((error as Error).message).not.toContain('hunter2')
})

test('an override of containerd is TOML 1.0, with numbers of 64 bits', async () => {
  const containerd = [
    'version = 3',
    'imports = []',
    "[plugins.'io.containerd.cri.v1.runtime']",
    '  max_container_log_line_size = 9_007_199_254_740_993',
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]",
    '  SystemdCgroup = true',
    'inline = { a = [1, 2], b = "\\u00e9" }',
  ]
  await checkOverrides({ containerd: containerd.join('\n') })
  await checkOverrides({ containerd: '' })
})

test('an override of containerd has the same limit, and nested or dotted ones are checked within a moment', async () => {
  await expect(checkOverrides({ containerd: 'a = 1\n'.repeat(2_001) })).rejects.toMatchObject({
    message: expect.stringContaining('more than 2000 lines and commas'),
  })
  for (const containerd of [
    `a = ${'['.repeat(30_000)}`,
    `a = ${'['.repeat(15_000)}${']'.repeat(15_000)}`,
    `${'a.'.repeat(16_000)}b = 1`,
    Array.from({ length: 1_999 }, (_, at) => `[a${at}]`).join('\n'),
  ]) {
    const error: unknown = await checkOverrides({ containerd }).catch((thrown: unknown) => thrown)
    if (error !== undefined) expect(error).toMatchObject({ code: 'override/not-usable' })
  }
})
