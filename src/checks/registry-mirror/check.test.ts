import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { REGISTRY_HOSTS } from '../../../test/support/fixtures/registry-hosts.ts'
import { NetworkError, type RequestOptions } from '../../host/network.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const FILE = '/etc/containerd/certs.d/docker.io/hosts.toml'
const CA = '/etc/containerd/certs.d/docker.io/site-ca.crt'

function machine(text: string, files: Record<string, string> = {}) {
  return fakeHost({ files: { [FILE]: text, '/etc/ssl/certs/ca-certificates.crt': 'SYSTEM', ...files } })
}

test('none configured passes', async () => {
  expect(await check.look(fakeHost(), params)).toEqual({ kind: 'pass', found: 'none' })
  expect(await check.look(machine(REGISTRY_HOSTS.originAlone), params)).toEqual({ kind: 'pass', found: 'none' })
})

test.each([200, 401])(
  'a mirror that answers %i passes; the request trusts its CA and those of the system',
  async (status) => {
    const asked: (RequestOptions & { url: string })[] = []
    const host = machine(REGISTRY_HOSTS.withCa, { [CA]: 'SITE' })
    host.network.onRequest('https://mirror.example.com:5000', (url, options) => {
      asked.push({ url, ...options })
      return { status }
    })
    expect(await check.look(host, params)).toEqual({ kind: 'pass', found: 'https://mirror.example.com:5000 answers' })
    expect(asked).toMatchObject([{ url: 'https://mirror.example.com:5000/v2/', tls: { ca: 'SITE\nSYSTEM' } }])
  },
)

test.each([
  ['of a registry without the image', 404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', 'pass'],
  ['of a web server', 404, '<html>', 'warn'],
  ['that a user is missing', 401, '', 'pass'],
])('with override_path the path is asked for an image, and the answer %s counts', async (_, status, body, kind) => {
  const host = machine(REGISTRY_HOSTS.overridden)
  const asked: string[] = []
  host.network.onRequest('https://harbor.example.com/v2/proxy-cache/', (url, { headers }) => {
    asked.push(`${url} ${headers?.['x-custom']}`)
    return { status, body }
  })
  expect(await check.look(host, params)).toMatchObject({ kind })
  expect(asked).toEqual(['https://harbor.example.com/v2/proxy-cache/cantrip/probe/manifests/none a'])
})

test('a password that the mirror refuses is named, and not shown', async () => {
  const host = machine(REGISTRY_HOSTS.signedIn)
  host.network.onRequest('https://mirror.example.com', { status: 401 })
  const verdict = await check.look(host, params)
  expect(verdict).toMatchObject({
    kind: 'warn',
    found: 'https://mirror.example.com refuses the user and password that it was given (401)',
    fix: `correct the header Authorization in ${FILE}`,
  })
  expect(JSON.stringify(verdict)).not.toContain('aHVudGVyMg')
})

test('a mirror without a way back to the registry is asked, and the registry is not', async () => {
  const host = machine('server = "https://mirror.example.com"\n')
  host.network.onRequest('https://mirror.example.com', { status: 502 })
  expect(await check.look(host, params)).toMatchObject({ found: expect.stringContaining('answers 502') })
})

test('what the agent wrote from the settings of the cluster is corrected in the settings', async () => {
  const written = (text: string) => `# Written by Cantrip from the setting registryMirrors.\n${text}`
  const fixOf = async (text: string, answer: { status: number } | NetworkError) => {
    const host = machine(written(text))
    host.network.onRequest('https://mirror.example.com', () => {
      if (answer instanceof NetworkError) throw answer
      return answer
    })
    const verdict = await check.look(host, params)
    return verdict.kind === 'warn' ? verdict.fix : verdict
  }
  const untrusted = new NetworkError('tls', 'self-signed certificate in chain')
  const set = 'on the controller: controller cluster set CLUSTER registryCa.mirror.example.com=@FILE'
  const [signedIn, server] = [REGISTRY_HOSTS.signedIn, 'server = "https://mirror.example.com"\n']
  expect(await fixOf(signedIn, { status: 401 })).toBe(
    'run the agent again with all its options and --registry-login mirror.example.com=FILE; then on the controller: controller cluster provision CLUSTER',
  )
  expect(await fixOf(server, untrusted)).toBe(set)
  expect(await fixOf('server = "broken\n', { status: 200 })).toBe(
    'on the controller: controller cluster provision CLUSTER',
  )
})

test.each([
  [
    'server = "https://mirror.example.com\n[host."x"]\n',
    /control characters are not allowed in strings.* at line 1, column/,
  ],
  ['[host."https://mirror.example.com"]\n  skip_verify = "yes"\n', /skip_verify is not true or false/],
  ['[host."https://mirror.example.com"]\n  ca = 5\n', /ca is not a file or a list of files/],
])('a hosts.toml that containerd ignores is named: %j', async (text, problem) => {
  const verdict = await check.look(machine(text), params)
  expect(verdict).toMatchObject({ kind: 'warn', fix: `correct ${FILE}` })
  expect(verdict.found).toMatch(`containerd ignores ${FILE}`)
  expect(verdict.found).toMatch(problem)
})

test.each([
  ['tcp', 'TCP connection failed', 'curl -v https://mirror.example.com:5000/v2/'],
  ['tls', 'TLS failed', 'set the CA of the mirror in'],
] as const)('a failure at the stage %s is named', async (stage, found, fix) => {
  const host = machine(REGISTRY_HOSTS.withCa, { [CA]: 'SITE' })
  host.network.onRequest('https://mirror.example.com:5000', new NetworkError(stage, 'it broke'))
  expect(await check.look(host, params)).toMatchObject({
    kind: 'warn',
    found: `https://mirror.example.com:5000: ${found}: it broke`,
    fix: expect.stringContaining(fix),
  })
})

test('a web page instead of a registry, a missing CA file, an invalid address', async () => {
  const host = machine(REGISTRY_HOSTS.withCa, { [CA]: 'SITE' })
  host.network.onRequest('https://mirror.example.com:5000', { status: 404 })
  expect(await check.look(host, params)).toMatchObject({
    found: 'https://mirror.example.com:5000 answers 404, unlike a registry',
  })
  expect(await check.look(machine(REGISTRY_HOSTS.withCa), params)).toMatchObject({
    found: `${FILE} names ${CA}, which does not exist`,
  })
  expect(await check.look(machine('[host."https://"]\n'), params)).toMatchObject({
    found: `an address in ${FILE} is invalid`,
  })
})

test('with skip_verify the certificate is not checked', async () => {
  const host = machine(REGISTRY_HOSTS.unchecked)
  host.network.onRequest('https://192.0.2.5:5000', new NetworkError('tls', 'its certificate is self-signed'))
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
})

test('a password in an address is not shown', async () => {
  const host = machine('[host."https://me:hunter2@mirror.example.com"]\n')
  host.network.onRequest('https://me:hunter2@mirror.example.com', { status: 502 })
  expect(JSON.stringify(await check.look(host, params))).not.toContain('hunter2')
})
