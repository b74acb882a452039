import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Secret } from '../../src/base/text/secret.ts'
import { ARCH, type Arch } from '../../src/bundle/arch.ts'
import { IMAGES } from '../../src/bundle/contents.ts'
import { buildBundle } from '../../src/bundle/make/build-bundle.ts'
import { sourceOf } from '../../src/bundle/sources/source-of.ts'
import type { UpstreamOptions } from '../../src/bundle/sources/upstream.ts'
import { verifyBundle } from '../../src/bundle/verify/verify.ts'
import { DEFAULT_VERSIONS as V } from '../../src/bundle/versions/sets.ts'
import { STEADY_CLOCK } from '../../src/cli/kit/steady-clock.ts'
import { printingElf } from '../support/elf.ts'
import { type FileServer, serveFiles } from '../support/file-server.ts'
import { pushCosignSignature } from '../support/images/cosign-signature.ts'
import { type DockerRegistry, startDockerRegistry, USER } from '../support/images/docker-registry.ts'
import { pushImageIndex } from '../support/images/image-index.ts'
import { serverCertificate } from '../support/images/server-certificate.ts'
import { type Skopeo, skopeoWith } from '../support/images/skopeo.ts'
import { startTokenServer } from '../support/images/token-server.ts'
import { newPgpSigner } from '../support/pgp.ts'
import { put, putUpstream, versionText } from '../support/upstream-files.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const { go } = ARCH[arch]
const PAUSE = `registry.k8s.io/pause:${V.pause}`
const NAMES = Object.entries(IMAGES).map(([repository, { version }]) => `${repository}:${V[version]}`)
const KUBELET = `dl.k8s.io/release/${V.kubernetes}/bin/linux/${go}/kubelet`
const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')

let scratch: string
let registry: DockerRegistry
let skopeo: Skopeo
let server: FileServer
let progress: string[]
const digests = new Map<string, string>()
const at = (...path: string[]) => join(scratch, ...path)
const served = (place: string) => at('served', place)

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-upstream-'))
  registry = await startDockerRegistry()
  skopeo = await skopeoWith(registry.host, ['registry.k8s.io', 'ghcr.io'], scratch)
  for (const name of NAMES) digests.set(name, await pushImageIndex(skopeo, registry.host, name))
})
afterAll(async () => {
  await registry?.stop()
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  progress = []
  for (const name of ['served', 'cache', 'bundle', 'lock.json']) await rm(at(name), { recursive: true, force: true })
  await putUpstream(at('served'), arch, 'tree')
  server = await serveFiles(at('served'))
})
afterEach(() => server.close())

async function build(given: Partial<UpstreamOptions> = {}): Promise<string> {
  const upstream: UpstreamOptions = {
    ...{ base: server.url, registry: `http://${registry.host}`, lock: at('lock.json') },
    ...{ network: { env: {}, ca: [] }, clock: { ...STEADY_CLOCK, sleep: () => Promise.resolve() } },
    ...given,
  }
  await rm(at('bundle'), { recursive: true, force: true })
  await buildBundle({
    ...{ arch, versions: V, output: at('bundle'), key, now: new Date() },
    source: await sourceOf({ from: 'upstream', with: [], addOns: [], images: [], upstream }),
    agent: { file: '/bin/true', version: '1.0.0' },
    cache: { directory: at('cache'), progress: (line) => progress.push(line) },
  })
  return at('bundle')
}
const failure = (given: Partial<UpstreamOptions> = {}) => build(given).then(String, (error) => error)
const lock = async () => JSON.parse(await readFile(at('lock.json'), 'utf8'))

test('what a mirror and a registry have becomes a bundle, and a lock that names no mirror', async () => {
  const { manifest } = await verifyBundle(await build(), publicKey)
  expect(manifest.files.filter(({ role }) => role === 'image')).toHaveLength(NAMES.length + 1)
  expect(await readFile(at('bundle/bin/kubelet'))).toEqual(printingElf(versionText('kubelet'), arch))
  const { files, images, ...rest } = await lock()
  expect(rest).toEqual({ format: 1, kubernetesVersion: V.kubernetes, arch })
  expect(images).toEqual(
    NAMES.toSorted().map((name) => ({
      ...{ name, digest: digests.get(name), size: expect.any(Number) },
      signatures: ['not checked'],
    })),
  )
  const find = (text: string) => files.find(({ url }: { url: string }) => url.includes(text))
  expect(find('/kubelet')).toMatchObject({
    url: `https://${KUBELET}`,
    verifiedBy: ['kubelet.sha256'],
    gives: ['bin/kubelet'],
  })
  expect(find('/runc')).toMatchObject({ verifiedBy: ['runc.sha256sum'] })
  expect(find('/etcd-io/')).toMatchObject({ verifiedBy: ['SHA256SUMS'] })
  expect(find('kube-flannel.yml')).toMatchObject({ verifiedBy: [], gives: ['manifests/flannel.yaml'] })
  const text = await readFile(at('lock.json'), 'utf8')
  for (const own of ['127.0.0.1', scratch]) expect(text).not.toContain(own)
})

test('a second build takes what is there, asks only for checksums and manifests, and gives the same bundle', async () => {
  const first = (await verifyBundle(await build(), publicKey)).manifest.files
  const requests = server.requests.length
  const written = await lock()
  expect((await verifyBundle(await build(), publicKey)).manifest.files).toEqual(first)
  expect(await lock()).toEqual(written)
  expect(server.requests.slice(requests).filter((each) => !/sha256|SHA256/.test(each))).toEqual([])
})

test('with a lock, other files and images are refused, all at once; --update-lock takes them', async () => {
  await build()
  const kubelet = printingElf(`${versionText('kubelet')}\nother`, arch)
  await put(served(KUBELET), kubelet)
  await rm(served(`${KUBELET}.sha256`))
  await rm(served(`${KUBELET}.sha512`))
  await rm(at('cache'), { recursive: true })
  const { sha256 } = (await lock()).files.find(({ url }: { url: string }) => url.endsWith('/kubelet'))
  await writeFile(
    at('lock.json'),
    (await readFile(at('lock.json'), 'utf8')).replaceAll(digests.get(PAUSE) ?? '', `sha256:${'0'.repeat(64)}`),
  )
  const error = await failure()
  expect(error).toMatchObject({ code: 'bundle/not-downloaded', fix: expect.stringContaining('HTTPS_PROXY') })
  expect(error.message).toContain('files and images of the bundle: 2 not downloaded')
  expect(error.message).toMatch(new RegExp(`/kubelet: its sha256 is [0-9a-f]{64}; wanted ${sha256}`))
  expect(error.message).toContain('/registry.k8s.io/pause: answered 404')

  await put(served(`${KUBELET}.sha256`), (await import('../../src/bundle/intake/hash.ts')).sha256(kubelet))
  await build({ updateLock: true })
  expect((await lock()).images.find(({ name }: { name: string }) => name === PAUSE).digest).toBe(digests.get(PAUSE))
  expect(await readFile(at('bundle/bin/kubelet'))).toEqual(kubelet)
})

test('with a lock, an image that its tag no longer refers to is taken as it was', async () => {
  await build()
  await rm(at('cache'), { recursive: true })
  const moved = await pushImageIndex(skopeo, registry.host, PAUSE, 'registry.example/other:1')
  expect(moved).not.toBe(digests.get(PAUSE))
  const images = await lock().then((each) => each.images)
  await build()
  expect((await lock()).images).toEqual(images)
  await pushImageIndex(skopeo, registry.host, PAUSE, PAUSE)
})

test('a lock of other files is refused', async () => {
  await build()
  const text = await readFile(at('lock.json'), 'utf8')
  await writeFile(at('lock.json'), text.replace(`https://${KUBELET}`, 'https://dl.k8s.io/other'))
  const { message, fix } = await failure()
  expect(fix).toContain('without --locked, with --update-lock')
  expect(message).toContain(`https://${KUBELET}: is not in the lock file`)
  expect(message).toContain('https://dl.k8s.io/other: is in the lock file, but not needed')
})

test('a build that is locked downloads nothing without its lock, writes none, and refuses one that would change', async () => {
  expect(await failure({ locked: true })).toMatchObject({ code: 'bundle/missing', kind: 'invalid' })
  expect(server.requests).toEqual([])
  await expect(readFile(at('lock.json'))).rejects.toThrow('ENOENT')
  await build()
  await build({ locked: true })
  const text = await readFile(at('lock.json'), 'utf8')
  await writeFile(at('lock.json'), text.replace('"bin/kubelet"', '"bin/kubeadm"'))
  const error = await failure({ locked: true })
  expect(error).toMatchObject({
    code: 'bundle/bad-lock',
    fix: expect.stringContaining('without --locked, with --update-lock'),
  })
  expect(error.message).toContain(`1 of its entries differ\n  https://${KUBELET}`)
})

test('a mirror without checksums is enough with a lock, and only then', async () => {
  await build()
  for (const file of ['kubelet.sha256', 'kubelet.sha512']) await rm(served(`${KUBELET.replace(/kubelet$/, file)}`))
  await rm(at('cache'), { recursive: true })
  const before = await lock()
  await build()
  expect(await lock()).toEqual(before)
  await rm(at('lock.json'))
  const { message } = await failure()
  expect(message).toContain(`/kubelet: its checksum ${server.url}/${KUBELET}.sha256 answered 404`)
})

test('all that is missing or wrong is told at once, and no lock is written', async () => {
  await rename(served(KUBELET), served(`${KUBELET}-`))
  const place = `github.com/opencontainers/runc/releases/download/${V.runc}/runc.${go}`
  await writeFile(served(place), 'other')
  await rm(served(`github.com/flannel-io/flannel/releases/download/${V.flannel}/kube-flannel.yml`))
  const error = await failure({ registry: `http://${registry.host}/elsewhere` })
  expect(error.code).toBe('bundle/not-downloaded')
  for (const line of [
    `${server.url}/${KUBELET}: answered 404`,
    `${server.url}/${place}: its sha256 is`,
    'kube-flannel.yml: answered 404',
    `http://${registry.host}/v2/elsewhere/registry.k8s.io/pause: answered 404`,
  ]) {
    expect(error.message).toContain(line)
  }
  await expect(readFile(at('lock.json'))).rejects.toThrow('ENOENT')
})

test('what the intake refuses is refused, and no lock is written', async () => {
  const kubelet = printingElf('Kubernetes v1.30.1', arch)
  await put(served(KUBELET), kubelet)
  const { sha256 } = await import('../../src/bundle/intake/hash.ts')
  await put(served(`${KUBELET}.sha256`), sha256(kubelet))
  const error = await failure()
  expect(error).toMatchObject({ code: 'bundle/bad-files', fix: expect.stringContaining('who maintains it') })
  expect(error.message).toContain(`${KUBELET}: is version 1.30.1`)
  await expect(readFile(at('lock.json'))).rejects.toThrow('ENOENT')
})

test('a server that does not answer is asked once', async () => {
  const { url } = server
  await server.close()
  const error = await failure({ base: url })
  server = await serveFiles(at('served'))
  expect(error.message).toContain(`${url}/${KUBELET}: `)
  expect(error.message.match(/ECONNREFUSED/g)?.length).toBeGreaterThanOrEqual(9)
})

test('downloads go through the proxy of the environment', async () => {
  const proxy = await serveFiles(scratch)
  proxy.handlers.set(`http://mirror.example/${KUBELET}.sha256`, (_, response) => response.writeHead(418).end())
  const error = await failure({
    base: 'http://mirror.example',
    network: { env: { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }, ca: [] },
  })
  expect(error.message).toContain(
    `http://mirror.example/${KUBELET}: its checksum http://mirror.example/${KUBELET}.sha256 answered 418`,
  )
  expect(error.message).not.toContain('registry.k8s.io')
  await proxy.close()
})

test('a registry with a user and a password, and a mirror of files with the same', async () => {
  const closed = await startDockerRegistry({ signIn: true, imagesOf: registry })
  const basic = `Basic ${Buffer.from(USER).toString('base64')}`
  const place = `/${KUBELET}`
  server.handlers.set(place, ({ headers }, response) => {
    if (headers.authorization === basic) return true
    return response.writeHead(401, { 'www-authenticate': 'Basic realm="files"' }).end()
  })
  try {
    const url = `http://${closed.host}`
    const without = await failure({ registry: url })
    expect(without).toMatchObject({ code: 'bundle/not-downloaded', fix: expect.stringContaining('--registry-login') })
    expect(without.message).toContain(
      `${url}/v2/registry.k8s.io/pause: answered 401: it wants a user name and a password`,
    )
    expect(without.message).toContain(`${server.url}${place}: answered 401`)
    const wrong = await failure({ registry: url, logins: { [url]: new Secret('node:other') } })
    expect(wrong.message).toContain(`it refuses the user name or the password of --registry-login ${url}`)
    expect(`${wrong.message} ${progress}`).not.toContain('node:other')
    const logins = { [url]: new Secret(USER), [server.url]: new Secret(USER) }
    await verifyBundle(await build({ registry: url, logins }), publicKey)
    expect((await lock()).images).toHaveLength(NAMES.length)
    expect(await readFile(at('lock.json'), 'utf8')).not.toContain('hunter2')
  } finally {
    await closed.stop()
  }
})

test('a registry that wants tokens of another server, which wants the user and the password', async () => {
  const tls = serverCertificate('registry')
  const tokens = await startTokenServer(tls)
  const closed = await startDockerRegistry({ tls, tokens, imagesOf: registry })
  try {
    const network = { env: {}, ca: [tls.ca] }
    const url = `https://${closed.host}`
    const without = await failure({ registry: url, network })
    expect(without.message).toContain(`got no token from ${new URL(tokens.realm).origin}, which answered 401`)
    tokens.requests.length = 0
    const logins = { [closed.host]: new Secret(USER) }
    await verifyBundle(await build({ registry: url, network, logins }), publicKey)
    expect(tokens.requests).toHaveLength(NAMES.length)
    expect(tokens.requests[0]).toMatch(/^\/token\?service=registry.test&scope=repository%3A.*%3Apull Basic /)
  } finally {
    await closed.stop()
    await tokens.close()
  }
})

test('with keys, the lock says of each file and image who signed it, and a wrong signature is refused', async () => {
  const cosign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await newPgpSigner()
  try {
    const pem = cosign.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const keys = { pgp: new Map([['pgp.asc', signer.publicKey]]), cosign: new Map([['cosign.pub', pem]]) }
    const runc = served(`github.com/opencontainers/runc/releases/download/${V.runc}/runc.sha256sum`)
    const line = /^[0-9a-f]{64} {2}runc.*\n/m.exec(await readFile(runc, 'utf8'))?.[0] ?? ''
    await writeFile(runc, await signer.clear(line))
    const etcd = served(`github.com/etcd-io/etcd/releases/download/${V.etcd}/SHA256SUMS`)
    await writeFile(`${etcd}.asc`, await signer.detached(await readFile(etcd)))
    const kubelet = await readFile(served(KUBELET))
    await writeFile(served(`${KUBELET}.sig`), sign('sha256', kubelet, cosign.privateKey).toString('base64'))
    const kubectl = served(KUBELET.replace('kubelet', 'kubectl'))
    await writeFile(`${kubectl}.sig`, (await readFile(served(`${KUBELET}.sig`), 'utf8')).trim())
    await writeFile(`${kubectl}.cert`, 'a certificate')
    const digest = digests.get(PAUSE) ?? ''
    await pushCosignSignature(registry.host, 'registry.k8s.io/pause', { digest, key: cosign.privateKey })

    await verifyBundle(await build({ keys }), publicKey)
    const { files, images } = await lock()
    const all = [...files, ...images] as { url?: string; name?: string; signatures: string[] }[]
    const of = (text: string) => all.find(({ url, name }) => (url ?? name)?.includes(text))?.signatures
    const byPgp = `verified by PGP key ${signer.fingerprint}`
    const byCosign = expect.stringMatching(/^verified by cosign key [0-9a-f]{64}$/)
    expect(of('/runc')).toEqual([byPgp, 'no cosign signature'])
    expect(of('/etcd-io/')).toEqual([byPgp, 'no cosign signature'])
    expect(of('/kubelet')).toEqual(['no PGP signature', byCosign])
    expect(of('/kubectl')).toEqual([
      'no PGP signature',
      expect.stringContaining('not checked: signed with a certificate'),
    ])
    expect(of(PAUSE)).toEqual([byCosign])
    expect(of('kube-proxy:')).toEqual(['no cosign signature'])
    expect(progress.find((each) => each.includes('/runc.'))).toContain(byPgp)
    // Who confirms a file is no part of what a locked build takes.
    await build({ locked: true })

    await writeFile(`${etcd}.asc`, await signer.detached('other'))
    await rm(at('lock.json'))
    const error = await failure({ keys })
    expect(error.message).toMatch(/etcd-v.*: has a wrong signature/)
    await expect(readFile(at('lock.json'))).rejects.toThrow('ENOENT')
  } finally {
    await signer.close()
  }
})
