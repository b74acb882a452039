import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeHost, fakeHost } from '../../test/support/fake-host.ts'
import { type TinyBundle, tinyBundle } from '../../test/support/tiny-bundle.ts'
import { AgentError } from '../base/agent-error.ts'
import type { Download } from '../host/host.ts'
import { NetworkError } from '../host/network.ts'
import { agentRoutes } from '../protocol/api/agents.ts'
import { pathOf } from '../protocol/api/route.ts'
import { openBundleStore } from './store.ts'
import { DEFAULT_VERSIONS } from './versions/sets.ts'

const URL = 'https://controller.test:7443'
const SECOND = 'https://second.test:7443'
const tls = { ca: 'ca', cert: 'cert', key: 'key' }
let scratch: string
let bundle: TinyBundle
let host: FakeHost
let directory: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-store-'))
  bundle = await tinyBundle(join(scratch, 'bundle'))
  host = fakeHost({ arch: bundle.manifest.arch })
  directory = `/var/lib/cantrip/bundle/${bundle.ref.manifestSha256}`
  await serve(URL)
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

async function serve(url: string): Promise<void> {
  const at = (path: string) => url + pathOf(agentRoutes.fetchBundleFile, { sha256: bundle.ref.manifestSha256, path })
  for (const name of ['manifest.json', 'manifest.json.sig']) {
    host.network.onRequest(at(name), { body: await readFile(join(bundle.directory, name), 'utf8') })
  }
  for (const { path } of bundle.manifest.files) {
    host.downloads.set(at(path), await readFile(join(bundle.directory, path)))
  }
}

const open = (ref = bundle.ref, controllerUrls = [URL]) =>
  openBundleStore({ ref, controllerUrls, tls, directory, host })

test('a file is fetched once, verified and stored at the returned path', async () => {
  const store = await open()
  const kubelet = store.file('binary', 'kubelet')
  const download = vi.spyOn(host, 'download')
  const paths = await Promise.all([store.fetch(host, kubelet), store.fetch(host, kubelet)])
  expect(paths).toEqual([`${directory}/bin/kubelet`, `${directory}/bin/kubelet`])
  expect(download).toHaveBeenCalledTimes(1)
  expect(download.mock.calls[0]?.[0]).toMatchObject({ sha256: kubelet.sha256, size: kubelet.size, tls })
  expect(host.text(store.pathOf(kubelet))).toBe(`binary kubelet ${DEFAULT_VERSIONS.kubernetes}\n`)
})

test('correct files, including the manifest, are not fetched again', async () => {
  const first = await open()
  await first.fetch(host, first.file('binary', 'kubelet'))
  host.network.onRequest(URL, new Error('asked again'))
  const second = await open()
  const download = vi.spyOn(host, 'download')
  const seen: number[] = []
  await second.fetch(host, second.file('binary', 'kubelet'), (bytes) => seen.push(bytes))
  expect(download).not.toHaveBeenCalled()
  expect(seen).toEqual([second.file('binary', 'kubelet').size])
})

test('damaged files are fetched again', async () => {
  const store = await open()
  const kubelet = store.file('binary', 'kubelet')
  host.files.seed(store.pathOf(kubelet), 'x'.repeat(kubelet.size))
  await store.fetch(host, kubelet)
  expect(host.text(store.pathOf(kubelet))).toBe(`binary kubelet ${DEFAULT_VERSIONS.kubernetes}\n`)
})

test('a correct file that another user can write to is fetched again', async () => {
  const store = await open()
  const kubelet = store.file('binary', 'kubelet')
  host.files.seed(store.pathOf(kubelet), `binary kubelet ${DEFAULT_VERSIONS.kubernetes}\n`, { uid: 1000 })
  await store.fetch(host, kubelet)
  expect(await host.stat(store.pathOf(kubelet))).toMatchObject({ uid: 0, size: kubelet.size })
})

test('a file that was discarded after use is fetched again when it is needed', async () => {
  const store = await open()
  const kubelet = store.file('binary', 'kubelet')
  await host.discard(await store.fetch(host, kubelet), 'a test')
  await store.fetch(host, kubelet)
  expect(host.text(store.pathOf(kubelet))).toBe(`binary kubelet ${DEFAULT_VERSIONS.kubernetes}\n`)
})

test('at most three files are fetched at once', async () => {
  const store = await open()
  let running = 0
  let most = 0
  const slow = {
    ...host,
    download: async (_: Download) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    },
  }
  await Promise.all(store.manifest.files.map((file) => store.fetch(slow, file)))
  expect(most).toBe(3)
})

test('if a controller does not answer, the next one is asked', async () => {
  await serve(SECOND)
  const store = await open(bundle.ref, ['https://gone.test:7443', SECOND])
  await store.fetch(host, store.file('binary', 'etcd'))
  expect(host.text(`${directory}/bin/etcd`)).toContain('etcd')
})

test('retries while a controller is unreachable, but not after a refusal', async () => {
  const store = await open()
  let tries = 0
  const restarting = {
    ...host,
    download: async (download: Download) => {
      tries += 1
      if (tries < 4) throw new AgentError('download/cut', 'cut', { fix: 'wait' })
      return host.download(download)
    },
  }
  await store.fetch(restarting, store.file('binary', 'etcd'))
  expect(tries).toBe(4)
  const refusing = {
    ...host,
    download: () => Promise.reject(new AgentError('download/refused', '404', { fix: 'import' })),
  }
  const sleep = vi.spyOn(host, 'sleep')
  await expect(store.fetch(refusing, store.file('binary', 'runc'))).rejects.toMatchObject({ code: 'download/refused' })
  expect(sleep).not.toHaveBeenCalled()
})

test('retries an interrupted handshake, but not a wrong certificate', async () => {
  const at = URL + pathOf(agentRoutes.fetchBundleFile, { sha256: bundle.ref.manifestSha256, path: 'manifest.json' })
  const failing = (code: string) =>
    host.network.onRequest(at, new NetworkError('tls', code, { cause: Object.assign(new Error(code), { code }) }))
  const sleep = vi.spyOn(host, 'sleep').mockImplementation(() => serve(URL))
  failing('CERT_HAS_EXPIRED')
  await expect(open()).rejects.toMatchObject({ code: 'bundle/fetch-failed' })
  expect(sleep).not.toHaveBeenCalled()
  failing('ECONNRESET')
  await expect(open()).resolves.toMatchObject({ manifest: bundle.manifest })
  expect(sleep).toHaveBeenCalledTimes(1)
})

test('a file can be requested again after a failure', async () => {
  const store = await open()
  const runc = store.file('binary', 'runc')
  const broken = { ...host, download: () => Promise.reject(new AgentError('download/corrupt', 'bad', { fix: 'none' })) }
  await expect(store.fetch(broken, runc)).rejects.toMatchObject({ code: 'download/corrupt' })
  await expect(store.fetch(host, runc)).resolves.toBe(`${directory}/bin/runc`)
})

test('refuses a manifest with another hash, another signer, and another architecture, and writes nothing', async () => {
  const other = await tinyBundle(join(scratch, 'other'), { contents: { kubelet: 'evil' } })
  const at = URL + pathOf(agentRoutes.fetchBundleFile, { sha256: bundle.ref.manifestSha256, path: 'manifest.json' })
  await expect(open({ ...bundle.ref, publicKey: other.ref.publicKey })).rejects.toMatchObject({
    code: 'bundle/bad-signature',
  })
  host.network.onRequest(at, { body: await readFile(join(other.directory, 'manifest.json'), 'utf8') })
  await expect(open()).rejects.toMatchObject({ code: 'bundle/wrong-hash' })
  expect(host.changes).toEqual([])
  await serve(URL)
  host.machine.facts.arch = bundle.manifest.arch === 'x64' ? 'arm64' : 'x64'
  await expect(open()).rejects.toMatchObject({ code: 'bundle/wrong-arch' })
})

test('a name that is not in the bundle is an error with a code', async () => {
  const store = await open()
  expect(() => store.file('binary', 'crictl')).toThrow(/contains no binary crictl/)
})

describe('the image of the operator', () => {
  const AGENT = '/usr/local/bin/cantrip-agent'
  const image = () => {
    const found = bundle.manifest.files.find(({ name }) => name.startsWith('cantrip.local/agent:'))
    if (found === undefined) throw new Error('the bundle has no agent image')
    return found
  }
  beforeEach(async () => {
    bundle = await tinyBundle(join(scratch, 'with-executable'), { executable: 'this agent' })
    directory = `/var/lib/cantrip/bundle/${bundle.ref.manifestSha256}`
    await serve(URL)
  })
  const fetchImage = async () => {
    const store = await openBundleStore({ ...openOptions(), executable: AGENT })
    const download = vi.spyOn(host, 'download')
    await store.fetch(host, image())
    expect(await host.sha256(store.pathOf(image()))).toBe(image().sha256)
    expect((await host.list(`${directory}/bin`)) ?? []).toEqual([])
    return download.mock.calls.map(([{ path }]) => path.replace(/.*\//, ''))
  }
  const openOptions = () => ({ ref: bundle.ref, controllerUrls: [URL], tls, directory, host })
  const at = (path: string) => URL + pathOf(agentRoutes.fetchBundleFile, { sha256: bundle.ref.manifestSha256, path })

  test('is made of the executable of the same agent: only what is before it is downloaded', async () => {
    host.files.seed(AGENT, 'this agent')
    host.downloads.delete(at(image().path))
    expect(await fetchImage()).toEqual([expect.stringMatching(/^agent-image-head-[0-9a-f]{64}$/), 'agent.tar'])
  })

  test.each([['another agent'], [undefined]])('is downloaded by %s', async (content) => {
    if (content !== undefined) host.files.seed(AGENT, content)
    expect(await fetchImage()).toEqual(['agent.tar'])
  })

  test('is downloaded if the head is of another image', async () => {
    host.files.seed(AGENT, 'this agent')
    const head = bundle.manifest.files.find(({ name }) => name.startsWith('agent-image-head-'))
    host.downloads.set(at(head?.path ?? ''), Buffer.from('another head'))
    expect(await fetchImage()).toHaveLength(2)
  })

  test('is made once; the head of an earlier try is discarded', async () => {
    host.files.seed(AGENT, 'this agent')
    await fetchImage()
    const head = bundle.manifest.files.find(({ name }) => name.startsWith('agent-image-head-'))
    host.files.seed(`${directory}/${head?.path}`, 'left by a kill')
    vi.restoreAllMocks()
    expect(await fetchImage()).toEqual([])
  })
})
