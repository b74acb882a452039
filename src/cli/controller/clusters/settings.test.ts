import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const directory = mkdtempSync(join(tmpdir(), 'settings-'))
afterAll(() => rmSync(directory, { recursive: true }))

function override(component: string, text: string): string {
  const path = join(directory, `${component}-${text.length}.yaml`)
  writeFileSync(path, text, { mode: 0o600 })
  return `${component}=${path}`
}

const ALL_KINDS = ['InitConfiguration', 'ClusterConfiguration', 'JoinConfiguration'].map((kind) => `kind: ${kind}\n`)

test.each([
  ['all kinds that kubeadm reads', 'kubeadm', ALL_KINDS.join('---\n')],
  ['a line of dashes at the end', 'kubelet', 'failSwapOn: false\n---\n'],
  ['TOML', 'containerd', 'version = 3\n'],
])('%s is accepted', async (_, component, text) => {
  const { overrides } = await readSettings({ override: [override(component, text)] })
  expect(overrides).toEqual({ [component]: text })
})

test.each([
  [
    'a kind of another command',
    'kubeadm',
    'kind: ResetConfiguration\n',
    /contains a document of kind ResetConfiguration/,
  ],
  ['a kind of another program', 'kubelet', 'kind: InitConfiguration\n', /kind InitConfiguration; .* is required/],
  ['no YAML', 'kube-proxy', 'a: [\n', /is not YAML/],
])('%s is refused when the cluster is created', async (_, component, text, message) => {
  await expect(readSettings({ override: [override(component, text)] })).rejects.toMatchObject({
    ...{ code: 'override/not-usable', kind: 'invalid' },
    message: expect.stringMatching(message),
  })
})

test('a CA by the host that it is for', async () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
  const path = join(directory, 'ca.crt')
  writeFileSync(path, pem)
  const { registryCa } = await readSettings({ registryCa: [`mirror.example.org:5000=${path}`, `*=${path}`] })
  expect(registryCa).toEqual({ 'mirror.example.org:5000': pem, '*': pem })
  for (const given of ['mirror.example.org', '=x', 'mirror.example.org='])
    await expect(readSettings({ registryCa: [given] })).rejects.toThrow(`found registryCa ${given}; wanted NAME=FILE`)
})
