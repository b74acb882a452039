import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../src/base/text/secret.ts'
import {
  authorizationOf,
  caNamesOf,
  DIRECTORY,
  hostsToml,
  pathOf,
  toAsk,
} from '../../src/components/containerd/hosts-toml.ts'
import { writeMirrors } from '../../src/components/containerd/mirrors.ts'
import { proxyEnvironment } from '../../src/components/containerd/proxy.ts'
import { linuxNetwork } from '../../src/host/linux/network/network.ts'
import { parseEnvironment } from '../../src/host/parse/environment.ts'
import { CONTAINERD_EXECUTABLE, type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { imageStatus, pullImage, removeImage } from '../support/containerd/image-service.ts'
import { fakeKubernetes } from '../support/fake-kubernetes.ts'
import { type DockerRegistry, startDockerRegistry, USER } from '../support/images/docker-registry.ts'
import { pushImageIndex } from '../support/images/image-index.ts'
import { serverCertificate } from '../support/images/server-certificate.ts'
import { skopeoWith } from '../support/images/skopeo.ts'
import { startTerminatingProxy, type TerminatingProxy } from '../support/proxies/terminating-proxy.ts'

/** A mirror with a CA and a user, and a registry that has images that the mirror does not have. */
let mirror: DockerRegistry
let origin: DockerRegistry
let plain: DockerRegistry
const mirrorTls = serverCertificate('mirror')
const originTls = serverCertificate('origin')
let scratch: string
/** Only where root may start one, and this machine has built a bundle. */
let containerd: Containerd | undefined

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-mirrors-'))
  ;[mirror, origin, plain] = await Promise.all([
    startDockerRegistry({ tls: mirrorTls, signIn: true }),
    startDockerRegistry({ tls: originTls }),
    startDockerRegistry(),
  ])
  const skopeo = await skopeoWith(mirror.host, [], scratch)
  const signedIn: typeof skopeo = (verb, ...argv) => {
    const user = verb === 'copy' ? '--dest-creds' : '--creds'
    return skopeo(verb ?? '', user, USER, ...argv)
  }
  for (const name of ['one:1', 'hub/two:1']) await pushImageIndex(signedIn, mirror.host, name)
  await pushImageIndex(skopeo, origin.host, 'three:1')
  await pushImageIndex(skopeo, plain.host, 'four:1')
  if (CONTAINERD_EXECUTABLE !== undefined && process.getuid?.() === 0) {
    containerd = await startContainerd(CONTAINERD_EXECUTABLE)
  }
})
afterAll(async () => {
  await containerd?.stop()
  await Promise.all([mirror, origin, plain].map((each) => each?.stop()))
  await rm(scratch, { recursive: true, force: true })
})

type Cluster = Parameters<typeof fakeKubernetes>[0]

/** What `writeMirrors` writes, with the CAs in files of the test. */
async function configure(cluster: Cluster, logins: Record<string, string> = {}, of = containerd): Promise<void> {
  const { params } = fakeKubernetes(cluster)
  const registryLogins = Object.fromEntries(Object.entries(logins).map(([host, login]) => [host, new Secret(login)]))
  const all = { ...params, registryLogins }
  const place = join(of?.directory ?? '', 'certs.d')
  await rm(place, { recursive: true, force: true })
  for (const [host, text] of Object.entries(all.cluster.registryCa ?? {})) await writeFile(caOf(host), text)
  const known = {
    casOf: (host: string) => caNamesOf(all, host).map(caOf),
    authorizationOf: (url: string) => authorizationOf(all, url),
  }
  for (const each of toAsk(all)) {
    const path = pathOf(each.registry).replace(DIRECTORY, place)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, hostsToml(each, known))
  }
}
const caOf = (name: string) => join(scratch, `${name.replace('*', '_default')}.crt`)

describe.runIf(CONTAINERD_EXECUTABLE !== undefined && process.getuid?.() === 0)('containerd pulls', () => {
  beforeEach(async () => {
    for (const name of names()) await removeImage(socket(), name).catch(() => undefined)
  })
  const socket = () => containerd?.socket ?? ''
  const names = () => [
    `${origin.host}/one:1`,
    `${origin.host}/two:1`,
    `${origin.host}/three:1`,
    `${plain.host}/one:1`,
    `${plain.host}/four:1`,
  ]
  const cas = () => ({ [mirror.host]: mirrorTls.ca, [origin.host]: originTls.ca })
  const isThere = async (name: string) => (await imageStatus(socket(), name)) !== undefined
  const registryMirrors = () => ({ [origin.host]: `https://${mirror.host}` })

  test('from a mirror with a CA and a user, and what it lacks from the registry, without a restart', async () => {
    await configure({ registryMirrors: registryMirrors(), registryCa: cas() }, { [mirror.host]: USER })
    await pullImage(socket(), `${origin.host}/one:1`)
    await pullImage(socket(), `${origin.host}/three:1`)
    expect(await Promise.all(names().map(isThere))).toEqual([true, false, true, false, false])
  })

  test('only from the mirror', async () => {
    const settings = { registryMirrors: registryMirrors(), registryCa: cas(), mirrorOnly: [origin.host] }
    await configure(settings, { [mirror.host]: USER })
    await pullImage(socket(), `${origin.host}/one:1`)
    await expect(pullImage(socket(), `${origin.host}/three:1`)).rejects.toThrow(/not found/)
  })

  test('from a path of the mirror', async () => {
    const settings = { registryMirrors: { [origin.host]: `https://${mirror.host}/hub` }, registryCa: cas() }
    await configure(settings, { [mirror.host]: USER })
    await pullImage(socket(), `${origin.host}/two:1`)
    await configure({ ...settings, mirrorOnly: [origin.host] }, { [mirror.host]: USER })
    await removeImage(socket(), `${origin.host}/two:1`)
    await pullImage(socket(), `${origin.host}/two:1`)
    expect(await isThere(`${origin.host}/two:1`)).toBe(true)
  })

  test('from the mirror of all registries, and from a registry that only has a CA', async () => {
    const registryCa = cas()
    await configure({ registryMirrors: { '*': `https://${mirror.host}` }, registryCa }, { [mirror.host]: USER })
    await pullImage(socket(), `${plain.host}/one:1`)
    await pullImage(socket(), `${plain.host}/four:1`)
    await pullImage(socket(), `${origin.host}/three:1`)
    expect(await isThere(`${origin.host}/three:1`)).toBe(true)
    for (const name of [`${plain.host}/four:1`, `${origin.host}/three:1`]) await removeImage(socket(), name)
    const only = { registryMirrors: { '*': `https://${mirror.host}` }, mirrorOnly: ['*'], registryCa }
    await configure(only, { [mirror.host]: USER })
    for (const name of [`${plain.host}/four:1`, `${origin.host}/three:1`])
      await expect(pullImage(socket(), name)).rejects.toThrow(/not found/)
  })

  test('nothing without the CA, and nothing as a wrong user', async () => {
    const settings = { registryMirrors: registryMirrors(), mirrorOnly: [origin.host] }
    await configure(settings, { [mirror.host]: USER })
    await expect(pullImage(socket(), `${origin.host}/one:1`)).rejects.toThrow(/unknown authority/)
    await configure({ ...settings, registryCa: cas() }, { [mirror.host]: 'node:wrong' })
    await expect(pullImage(socket(), `${origin.host}/one:1`)).rejects.toThrow(/no basic auth credentials|401/)
  })
})

describe.runIf(CONTAINERD_EXECUTABLE !== undefined && process.getuid?.() === 0)(
  'containerd pulls through a proxy',
  () => {
    /** Names that only the proxy knows: Go sends nothing for this machine itself to a proxy. */
    const [site, mirrored] = ['registry.closed.test', 'mirror.closed.test']
    let proxy: TerminatingProxy
    let own: Containerd
    beforeAll(async () => {
      const maps = { [`https://${site}`]: `https://${origin.host}`, [`https://${mirrored}`]: `https://${mirror.host}` }
      proxy = await startTerminatingProxy({ users: [USER], maps })
      const { host, params } = fakeKubernetes({ httpsProxy: proxy.url })
      const registryLogins = { [proxy.url]: new Secret(USER) }
      const text = (await proxyEnvironment(host, { ...params, registryLogins })) ?? ''
      own = await startContainerd(CONTAINERD_EXECUTABLE ?? '', Object.fromEntries(parseEnvironment(text)))
    })
    afterAll(async () => {
      await own?.stop()
      await proxy?.stop()
    })

    test('that ends TLS and wants a user: its CA is trusted for all registries, without a restart', async () => {
      await configure({}, {}, own)
      await expect(pullImage(own.socket, `${site}/three:1`)).rejects.toThrow(/unknown authority/)
      await configure({ registryCa: { '*': proxy.ca } }, {}, own)
      await pullImage(own.socket, `${site}/three:1`)
    })

    test('to a mirror with a user', async () => {
      const settings = { registryMirrors: { [site]: `https://${mirrored}/hub` }, registryCa: { '*': proxy.ca } }
      await configure({ ...settings, mirrorOnly: [site] }, { [mirrored]: USER }, own)
      await pullImage(own.socket, `${site}/two:1`)
      expect(proxy.log()).toContain('/v2/hub/two/manifests/1')
    })
  },
)

describe('a mirror is asked before it counts', () => {
  const apply = async (cluster: Cluster, logins: Record<string, string> = {}) => {
    const fake = fakeKubernetes(cluster)
    const registryLogins = Object.fromEntries(Object.entries(logins).map(([host, login]) => [host, new Secret(login)]))
    const logged: string[] = []
    const context = {
      ...{ signal: new AbortController().signal, progress: () => undefined },
      log: (text: string) => void logged.push(text),
    }
    const host = { ...fake.host, network: linuxNetwork }
    await writeMirrors.apply(host, { ...fake.params, registryLogins }, context)
    return { logged, host: fake.host }
  }
  const only = (url: string) => ({ registryMirrors: { 'docker.io': url }, mirrorOnly: ['docker.io'] })
  const ca = () => ({ registryCa: { [mirror.host]: mirrorTls.ca } })

  test('one that works: its file is private, because it has the password', async () => {
    const { host } = await apply({ ...only(`https://${mirror.host}`), ...ca() }, { [mirror.host]: USER })
    const path = `${DIRECTORY}/docker.io/hosts.toml`
    expect(host.text(path)).toContain('[header]\n  Authorization = "Basic bm9kZTpodW50ZXIy"')
    expect((await host.stat(path))?.mode).toBe(0o600)
  })

  test.each([
    ['without its CA', () => only(`https://${mirror.host}`), {}, /TLS failed: .*another CA/],
    ['with a wrong password', () => ({ ...only(`https://${mirror.host}`), ...ca() }), 'node:wrong', /refuses the user/],
    [
      'without the image of Kubernetes under its path',
      () => ({
        registryMirrors: { 'registry.k8s.io': `https://${mirror.host}/none` },
        mirrorOnly: ['registry.k8s.io'],
        ...ca(),
      }),
      USER,
      /has no https:.*\/v2\/none\/pause\/manifests\//,
    ],
  ])('%s it is refused, and nothing is written', async (_, cluster, login, found) => {
    const logins = typeof login === 'string' ? { [mirror.host]: login } : {}
    const error = await apply(cluster(), logins).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'mirror/unusable', message: expect.stringMatching(found) })
    expect(JSON.stringify(error)).not.toContain('wrong')
  })

  test('with a way back to the registry, only the log tells', async () => {
    const { logged, host } = await apply({ registryMirrors: { 'docker.io': `https://${mirror.host}` } })
    expect(logged).toEqual([expect.stringMatching(/^the mirror of docker\.io cannot be used: .*another CA/)])
    expect(host.text(`${DIRECTORY}/docker.io/hosts.toml`)).toContain(mirror.host)
  })
})
