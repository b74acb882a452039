import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OidcFlags, oidcSettingsOf, withOidcFlags } from './oidc-flags.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'oidc-flags-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function settingsOf(...argv: string[]) {
  const command = withOidcFlags(new Command('serve'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return oidcSettingsOf(command.parse(argv, { from: 'user' }).opts<OidcFlags>())
}

const PROVIDER = ['--oidc-issuer-url', 'https://id.example/realms/a', '--oidc-client-id', 'cantrip']

test('no flag: no OIDC', async () => {
  expect(await settingsOf()).toBeUndefined()
})

test('the secret is read from the file, and is not shown', async () => {
  const file = join(directory, 'secret')
  writeFileSync(file, 'of the client\n', { mode: 0o600 })
  const grants = ['--oidc-grant', 'cn=ops,dc=x=operator@berlin', '--oidc-grant', 'staff=viewer']
  const settings = await settingsOf(...PROVIDER, '--oidc-client-secret-file', file, ...grants)
  expect(settings).toMatchObject({ issuer: 'https://id.example/realms/a', clientId: 'cantrip', groupsClaim: 'groups' })
  expect(settings?.grants).toEqual([
    { group: 'cn=ops,dc=x', role: 'operator', project: 'berlin' },
    { group: 'staff', role: 'viewer', project: null },
  ])
  expect(settings?.clientSecret?.reveal()).toBe('of the client')
  expect(JSON.stringify(settings)).not.toContain('of the client')
  chmodSync(file, 0o644)
  await expect(settingsOf(...PROVIDER, '--oidc-client-secret-file', file, ...grants)).rejects.toMatchObject({
    code: 'oidc-secret/world-readable',
  })
})

test('names what is missing', async () => {
  await expect(settingsOf('--oidc-client-id', 'cantrip')).rejects.toMatchObject({
    ...{ code: 'serve/oidc', message: 'OIDC needs --oidc-issuer-url, --oidc-grant, too' },
  })
  await expect(settingsOf('--oidc-scope', 'roles')).rejects.toMatchObject({ code: 'serve/oidc' })
})

test.each([
  ['--oidc-issuer-url', 'http://id.example'],
  ['--oidc-issuer-url', 'https://id.example?x=1'],
  ['--oidc-grant', 'staff'],
  ['--oidc-grant', 'staff=root'],
  ['--oidc-grant', '=viewer'],
  ['--oidc-grant', 'staff=viewer@'],
  ['--oidc-grant', 'staff=viewer@Not A Label'],
])('refuses %s %s', (flag, value) => {
  expect(() => settingsOf(flag, value)).toThrow(/It must be/)
})
