import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DEFAULT_VERSIONS as V } from '../../src/bundle/versions/sets.ts'
import { type FileServer, serveFiles } from '../support/file-server.ts'
import { demoBundle } from '../support/site/artefacts.ts'
import { bundleSource } from '../support/site/bundle-source.ts'
import { putUpstream } from '../support/upstream-files.ts'

let scratch: string
let server: FileServer

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-demo-'))
  await putUpstream(join(scratch, 'served'), 'x64', 'tree')
  server = await serveFiles(join(scratch, 'served'))
  for (const image of [
    `registry.k8s.io/pause/manifests/${V.pause}`,
    `ghcr.io/flannel-io/flannel/manifests/${V.flannel}`,
  ]) {
    server.handlers.set(`/v2/${image}`, (_, response) => response.end('{}'))
  }
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(scratch, { recursive: true, force: true })
})

const choose = (url = server.url, deadlineMs = 20_000) =>
  bundleSource({ base: url, registry: url, network: { env: {}, ca: [] }, deadlineMs })

test("the projects' servers are used if each of them has what it should have", async () => {
  expect(await choose()).toBe('upstream')
  expect(server.requests).toHaveLength(4)
  for (const path of server.requests.map((each) => each.replace('GET ', ''))) {
    server.handlers.set(path, (_, response) => response.writeHead(403).end('<html>'))
    expect(await choose()).toBe('gomod')
    server.handlers.delete(path)
    if (path.startsWith('/v2/')) server.handlers.set(path, (_, response) => response.end('{}'))
  }
  expect(await choose()).toBe('upstream')
})

test('where nobody answers, Go modules are used, at once or after the deadline', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  const begunMs = performance.now()
  expect(await choose(`http://127.0.0.1:${port}`, 200)).toBe('gomod')
  expect(performance.now() - begunMs).toBeLessThan(10_000)
  silent.close()
  const { url } = server
  await server.close()
  expect(await choose(url)).toBe('gomod')
  server = await serveFiles(scratch)
})

/** Runs the demo's choice with a builder that only notes its source. */
async function demo(choice: 'upstream' | 'gomod', fails?: string) {
  vi.stubEnv('CANTRIP_CACHE', join(scratch, 'cache'))
  const built: string[] = []
  let asked = 0
  const runHere = async (argv: readonly string[]) => {
    const from = argv[argv.indexOf('--from') + 1] ?? ''
    built.push(from)
    if (from === fails) throw new Error('bundle/not-downloaded')
    const directory = argv.at(-1) ?? ''
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'manifest.json'), '{}')
  }
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const bundle = await demoBundle(runHere, say, async () => {
    asked += 1
    return choice
  })
  return { built, asked, bundle, said }
}

test('the demo downloads once, and compiles if that fails', async () => {
  const first = await demo('upstream')
  expect(first).toMatchObject({ built: ['upstream'], asked: 1, bundle: expect.stringContaining('/upstream-') })
  expect(await demo('upstream')).toMatchObject({ built: [], bundle: first.bundle })
  await rm(join(scratch, 'cache'), { recursive: true })
  const failed = await demo('upstream', 'upstream')
  expect(failed.built).toEqual(['upstream', 'gomod'])
  expect(failed.said).toContain('that failed: bundle/not-downloaded')
  expect(await demo('upstream')).toMatchObject({ built: [], asked: 0, bundle: failed.bundle })
  expect(failed.bundle).not.toContain('upstream-')
})

test('the demo compiles where nothing can be downloaded', async () => {
  expect(await demo('gomod')).toMatchObject({ built: ['gomod'], asked: 1 })
})
