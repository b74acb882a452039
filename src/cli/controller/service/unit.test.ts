import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mergeSettings, parseSettings, type ServiceSettings } from './settings.ts'
import { renderControllerUnit } from './unit.ts'

const file = readFileSync(join(import.meta.dirname, '../../../../systemd/cantrip-controller.service'), 'utf8')
const settings = (options: ServiceSettings['options']): ServiceSettings => ({ format: 1, options })

test('the unit in the code is that of systemd/ (run: node scripts/unit.ts)', () => {
  expect(renderControllerUnit(settings({}))).toBe(file)
})

test('options become arguments, and what systemd would replace is escaped', () => {
  const unit = renderControllerUnit(
    settings({
      '--database': ['postgres://u@h/d?application_name=50%25$x'],
      '--public-url': ['https://a', 'https://b c"'],
    }),
  )
  expect(unit).toContain(
    'serve --database postgres://u@h/d?application_name=50%%25$$x --public-url https://a --public-url "https://b c\\""\n',
  )
})

test('files that only root reads become credentials', () => {
  const unit = renderControllerUnit(
    settings({
      '--key-file': ['/root/key'],
      '--database-password-file': ['/root/password'],
      '--tls-cert': ['/etc/ssl/c.pem'],
      '--tls-key': ['/etc/ssl/c.key'],
    }),
  )
  expect(unit.match(/^ExecStart=.*|^LoadCredential=.*/gm)).toEqual([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd replaces it
    'ExecStart=/usr/local/bin/cantrip-controller serve --tls-cert ${CREDENTIALS_DIRECTORY}/tls-cert --tls-key ${CREDENTIALS_DIRECTORY}/tls-key',
    'LoadCredential=controller-key:/root/key',
    'LoadCredential=database-password:/root/password',
    'LoadCredential=tls-cert:/etc/ssl/c.pem',
    'LoadCredential=tls-key:/etc/ssl/c.key',
  ])
})

test('a port below 1024 needs a capability, and no other port gets one', () => {
  const low = renderControllerUnit(settings({ '--listen': ['[::]:443'] }))
  expect(low.match(/^(?:Capability|Ambient|PrivateUsers).*$/gm)).toEqual([
    'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
  ])
  expect(renderControllerUnit(settings({ '--listen': ['0.0.0.0:9443'] }))).toContain('PrivateUsers=yes')
})

test('options that are not given stay, paths are absolute, and the data is below /var/lib', () => {
  const earlier = settings({ '--listen': ['0.0.0.0:1'], '--log-format': ['json'] })
  expect(mergeSettings(earlier, { '--listen': ['0.0.0.0:2'], '--key-file': ['key'] }, '/root').options).toEqual({
    ...{ '--listen': ['0.0.0.0:2'], '--log-format': ['json'], '--key-file': ['/root/key'] },
  })
  expect(renderControllerUnit(mergeSettings(undefined, { '--data': ['/var/lib/other'] }, '/'))).toMatch(
    /serve --data \/var\/lib\/other\n[\s\S]*StateDirectory=other\n/,
  )
  for (const data of ['/srv/data', '/var/lib', '/var/lib/a/b', '/var/lib/private', '/var/lib/..'])
    expect(() => mergeSettings(undefined, { '--data': [data] }, '/')).toThrow('wanted a directory in /var/lib')
})

test.each(['', '{', '{"format":2,"options":{}}', '{"format":1,"options":{"--listen":"x"}}', 'null'])(
  'damaged settings %s are reported',
  (text) => expect(() => parseSettings(text, '/etc/x')).toThrow('/etc/x does not contain'),
)
