import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { HttpProxy } from '../../host/network.ts'
import { type ProxyOptions, proxyOf } from './proxy.ts'

const FILE = '/root/proxy-password.txt'

function urlOf(options: ProxyOptions, content = 'hunter2\n', mode = 0o600): Promise<unknown> {
  const host = fakeHost({ files: { '/etc/passwd': 'root:x:0:0::/root:/bin/bash\n' } })
  host.files.seed(FILE, content, { mode })
  return proxyOf(options, { view: host, environment: {} })
    .then((proxy) => proxy?.url)
    .catch(({ code, message, fix }) => `${code}: ${message}; ${fix}`)
}

test.each<[string, ProxyOptions, string | undefined]>([
  ['no proxy', {}, undefined],
  ['no password', { proxy: 'http://10.0.0.9:3128' }, 'http://10.0.0.9:3128'],
  [
    'a password in a file',
    { proxy: 'http://bob@10.0.0.9:3128', proxyPasswordFile: FILE },
    'http://bob:hunter2@10.0.0.9:3128/',
  ],
])('%s', async (_, options, url) => {
  expect(await urlOf(options)).toBe(url)
})

test('every character of a password arrives at the proxy', async () => {
  const url = await urlOf({ proxy: 'http://bob@10.0.0.9:3128', proxyPasswordFile: FILE }, 'p@ss:w/o%20r#d \n')
  expect(decodeURIComponent(new URL(String(url)).password)).toBe('p@ss:w/o%20r#d')
})

const url = 'http://10.0.0.9:3128'

test.each<[string, ProxyOptions, HttpProxy | undefined, HttpProxy | undefined]>([
  ['a proxy that ends TLS', { proxy: url, tlsTerminatingProxy: true }, undefined, { url, inspects: true }],
  ['a transparent one', { tlsTerminatingProxy: true }, undefined, { inspects: true }],
  ['the proxy of the credentials', {}, { url, inspects: true }, { url, inspects: true }],
  ['a transparent one of the credentials', {}, { inspects: true }, { inspects: true }],
  ['another one', { proxy: 'http://edge:8080' }, { url, inspects: true }, { url: 'http://edge:8080' }],
  ['none', { proxy: 'none' }, { url, inspects: true }, undefined],
  ['that of the credentials, which ends TLS', { tlsTerminatingProxy: true }, { url }, { url, inspects: true }],
  [
    'another password',
    { proxyPasswordFile: FILE },
    { url: 'http://bob:former@10.0.0.9:3128', inspects: true },
    { url: 'http://bob:hunter2@10.0.0.9:3128/', inspects: true },
  ],
])('%s: %j over %j', async (_, options, carried, wanted) => {
  const view = fakeHost({ files: { '/etc/passwd': 'root:x:0:0::/root:/bin/bash\n' } })
  view.files.seed(FILE, 'hunter2\n', { mode: 0o600 })
  expect(await proxyOf(options, { view, carried, environment: {} })).toEqual(wanted)
})

test.each<[string, ProxyOptions, RegExp]>([
  ['no URL', { proxy: 'proxy:3128' }, /^usage\/proxy: .*of the form/],
  ['a path', { proxy: 'http://proxy:3128/hunter2' }, /^usage\/proxy: .*of the form/],
  ['a user that cannot be decoded', { proxy: 'http://hunter2%zz@proxy:3128' }, /^usage\/proxy: .*of the form/],
  ['a line break', { proxy: 'http://proxy\n:3128' }, /^usage\/proxy: .*of the form/],
  ['none and more', { proxy: 'none', tlsTerminatingProxy: true }, /^usage\/proxy: .*--proxy none alone/],
  ['a password in the URL', { proxy: 'http://bob:hunter2@10.0.0.9:3128' }, /^usage\/proxy: .*--proxy-password-file/],
  ['a file without a proxy', { proxyPasswordFile: FILE }, /^usage\/proxy: .*without --proxy/],
  ['a file without a user', { proxy: 'http://10.0.0.9:3128', proxyPasswordFile: FILE }, /^usage\/proxy: .*no user/],
  [
    'no such file',
    { proxy: 'http://bob@10.0.0.9:3128', proxyPasswordFile: '/root/none' },
    /^credentials\/missing: proxy password file/,
  ],
])('%s is refused, and no password is shown', async (_, options, says) => {
  const refusal = await urlOf(options)
  expect(refusal).toMatch(says)
  expect(refusal).not.toContain('hunter2')
})

test('a password that makes no URL is refused', async () => {
  const refusal = await urlOf({ proxy: 'http://bob@10.0.0.9:3128', proxyPasswordFile: FILE }, 'hunter2'.repeat(300))
  expect(refusal).toMatch(/^usage\/proxy: .* too long/)
  expect(refusal).not.toContain('hunter2')
})

test('a file that everybody can read is refused', async () => {
  const refusal = await urlOf({ proxy: 'http://bob@10.0.0.9:3128', proxyPasswordFile: FILE }, 'hunter2', 0o644)
  expect(refusal).toMatch(/^credentials\/world-readable/)
})
