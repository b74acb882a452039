import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { Secret } from '../../base/text/secret.ts'
import { containerd } from './component.ts'
import { loginFor } from './logins.ts'

const CONFIGURATION = '/etc/cantrip-containerd/config.toml'
const OVERRIDE = '/etc/cantrip-containerd/conf.d/50-cluster.toml'

test("runs with systemd's control groups and the bundle's pause image", async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION)).toContain("sandbox = 'registry.k8s.io/pause:3.10.2'")
  expect(fake.host.text(CONFIGURATION)).toContain('SystemdCgroup = true')
  expect(fake.host.units.get('cantrip-containerd.service')?.active).toBe(true)
  expect(fake.host.text('/usr/local/lib/cantrip/bin/containerd')).toBe('containerd')
})

test('a machine of an image without /etc/hosts gets one, which containerd copies to each pod; another one stays', async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  expect(fake.host.text('/etc/hosts')).toBe('127.0.0.1 localhost\n')
  await fake.host.machine.unlink('/etc/hosts')
  expect(await runComponent(containerd, fake)).toEqual(['containerd/write-configuration'])
  expect(fake.host.text('/etc/hosts')).toMatch(/^127\.0\.0\.1 localhost\n::1 localhost /)
})

test('an override has its own file, which is reset when the override is removed', async () => {
  const override = 'version = 3\n# mine\n'
  const fake = fakeKubernetes({ overrides: { containerd: override } })
  await runComponent(containerd, fake)
  expect(fake.host.text(OVERRIDE)).toBe(override)
  const without = { ...fake, params: fakeKubernetes().params }
  expect(await runComponent(containerd, without)).toContain('containerd/write-configuration')
  expect(fake.host.text(OVERRIDE)).toBe('version = 3\n')
})

test('is restarted if its configuration is newer than the process', async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  const restarted: string[] = []
  const host = { ...fake.host, restartUnit: async (unit: string) => void restarted.push(unit) }
  fake.host.files.setAttributes(CONFIGURATION, { mtimeMs: fake.host.clock.nowMs + 60_000 })
  const start = containerd.steps(fake.params).at(-1)
  expect(await start?.isDone(host, fake.params)).toBe(false)
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await start?.apply(host, fake.params, context)
  expect(restarted).toEqual(['cantrip-containerd.service'])
})

test.each([
  ['of a container that may not lower OOM scores', '000001fffeffffff', true],
  ['of a machine', '000001ffffffffff', false],
])('with process 1 %s runc can start pods', async (_, capabilities, restricted) => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/proc/1/status', `Name:\tsystemd\nCapBnd:\t${capabilities}\n`)
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION).includes('restrict_oom_score_adj = true')).toBe(restricted)
})

test('reads only the override file of this cluster', async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION)).toContain(`imports = ['${OVERRIDE}']`)
  expect(fake.host.text('/etc/systemd/system/cantrip-containerd.service')).toContain(`--config ${CONFIGURATION}\n`)
})

const PROXY = '/etc/cantrip-containerd/proxy.env'
const UNIT = '/etc/systemd/system/cantrip-containerd.service'

test('a proxy is in the environment of the service, and is gone when the setting is', async () => {
  const fake = fakeKubernetes({ httpsProxy: 'http://proxy:3128', noProxy: '.example.org' })
  await runComponent(containerd, fake)
  expect(fake.host.text(PROXY)).toBe(`HTTPS_PROXY="http://proxy:3128"
https_proxy="http://proxy:3128"
NO_PROXY="localhost,127.0.0.1,::1,.svc,.cluster.local,10.42.0.0/16,10.43.0.0/16,10.0.0.5,.example.org"
no_proxy="localhost,127.0.0.1,::1,.svc,.cluster.local,10.42.0.0/16,10.43.0.0/16,10.0.0.5,.example.org"
`)
  expect(fake.host.text(UNIT)).toContain(`EnvironmentFile=${PROXY}\n`)
  const without = { ...fake, params: fakeKubernetes().params }
  expect(await runComponent(containerd, without)).toContain('containerd/write-configuration')
  expect(await fake.host.stat(PROXY)).toBe(undefined)
  expect(fake.host.text(UNIT)).not.toContain('EnvironmentFile')
})

test('workers can have another proxy, whose user is in a private file, and reach the network of the nodes without it', async () => {
  const settings = { httpsProxy: 'http://proxy:3128', workerProxy: 'http://edge:3128' }
  const fake = fakeKubernetes(settings)
  fake.host.files.seed('/proc/net/route', ROUTES)
  const registryLogins = { 'http://edge:3128': new Secret('node:p@ss') }
  const worker = { ...fake.params, registryLogins, node: { ...fake.params.node, roles: ['worker'] as ['worker'] } }
  await runComponent(containerd, { ...fake, params: worker })
  expect(fake.host.text(PROXY)).toContain('HTTP_PROXY="http://node:p%40ss@edge:3128"\n')
  expect(fake.host.text(PROXY)).toContain(',10.43.0.0/16,10.0.0.5,10.0.0.0/24"\n')
  expect((await fake.host.stat(PROXY))?.mode).toBe(0o600)
  await runComponent(containerd, fake)
  expect(fake.host.text(PROXY)).toMatch(/^HTTPS_PROXY="http:\/\/proxy:3128"\n/)
  const none = { ...worker, cluster: { ...worker.cluster, workerProxy: 'none' } }
  await runComponent(containerd, { ...fake, params: none })
  expect(await fake.host.stat(PROXY)).toBe(undefined)
})

test.each<[string, string, string | undefined]>([
  ['of its own', 'http://own:3128', 'HTTP_PROXY="http://own:3128"'],
  ['none', 'none', undefined],
])('a node can have a proxy that is %s', async (_, proxy, wanted) => {
  const fake = fakeKubernetes({ httpsProxy: 'http://proxy:3128', workerProxy: 'http://edge:3128' })
  const { name } = fake.params.node
  const withProxies = (nodeProxies: Record<string, string>) => ({
    ...fake.params,
    cluster: { ...fake.params.cluster, nodeProxies },
  })
  await runComponent(containerd, { ...fake, params: withProxies({ [name]: proxy, other: 'http://other:3128' }) })
  expect((await fake.host.read(PROXY))?.split('\n')[0]).toBe(wanted)
  await runComponent(containerd, { ...fake, params: withProxies({ other: 'none' }) })
  expect(fake.host.text(PROXY)).toMatch(/^HTTPS_PROXY="http:\/\/proxy:3128"\n/)
})

/** The network 10.0.0.0/24 without a gateway. */
const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`

const hosts = (registry: string) => `/etc/containerd/certs.d/${registry}/hosts.toml`

test('a mirror is tried before its registry, and files of others stay', async () => {
  const fake = fakeKubernetes({
    registryMirrors: { 'docker.io': 'https://harbor.example.org/hub', '*': 'http://mirror:5000' },
  })
  fake.host.files.seed(hosts('quay.io'), 'server = "https://quay.io"\n')
  await runComponent(containerd, fake)
  expect(fake.host.text(hosts('docker.io'))).toBe(`# Written by Cantrip from the setting registryMirrors.
server = "https://registry-1.docker.io"
[host."https://harbor.example.org/v2/hub"]
  capabilities = ["pull", "resolve"]
  override_path = true
`)
  expect(fake.host.text(hosts('_default'))).toContain('[host."http://mirror:5000"]')
  const fewer = fakeKubernetes({ registryMirrors: { '*': 'http://mirror:5000' } }).params
  expect(await runComponent(containerd, { ...fake, params: fewer })).toEqual(['containerd/write-mirrors'])
  expect(await fake.host.stat(hosts('docker.io'))).toBe(undefined)
  expect(fake.host.text(hosts('quay.io'))).toBe('server = "https://quay.io"\n')
})

test('a login is not sent in clear, unless it was given for that; one of another object is none', async () => {
  const registryMirrors = { 'docker.io': 'http://mirror:5000', 'quay.io': 'https://mirror:5000' }
  const textFor = async (name: string) => {
    const fake = fakeKubernetes({ registryMirrors, registryCa: {} })
    const params = { ...fake.params, registryLogins: { [name]: new Secret('node:p@ss') } }
    await runComponent(containerd, { ...fake, params })
    return ['docker.io', 'quay.io'].map((registry) => fake.host.text(hosts(registry))?.includes('Authorization'))
  }
  expect(await textFor('mirror:5000')).toEqual([false, true])
  expect(await textFor('http://mirror:5000')).toEqual([true, false])
  const { params } = fakeKubernetes({ registryMirrors: { 'docker.io': 'https://constructor' } })
  expect(loginFor(params, 'https://constructor')).toBe(undefined)
})

test('without a mirror of its own, a registry with a CA has that of all others', async () => {
  const registryMirrors = { '*': 'https://mirror:5000' }
  const fake = fakeKubernetes({ registryMirrors, mirrorOnly: ['*'], registryCa: { 'quay.io': 'CA\n' } })
  fake.host.network.onRequest('https://mirror:5000', { status: 200 })
  await runComponent(containerd, fake)
  expect(fake.host.text(hosts('quay.io'))).toContain('server = "https://mirror:5000"')
})
