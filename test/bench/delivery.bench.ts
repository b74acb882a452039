/**
 * Ratio 17: bytes that a node receives for a whole bundle, with those of TLS ÷ the bundle with its images uncompressed. The node is
 * the agent's downloader, in a process of its own. Also: bytes after a kill at half ÷ all bytes (ratio 6, goal 0.52).
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assemblyOf } from '../../src/bundle/assembly.ts'
import { startController } from '../../src/controller/start.ts'
import { createCluster, enrolNode } from '../support/controller/client.ts'
import { countingProxy } from './delivery/counting-proxy.ts'
import type { FetchOrder } from './delivery/fetch-program.ts'
import { rawBytes, storedBundle } from './delivery/stored-bundle.ts'
import { goal, report } from './measure.ts'
import { startProgram } from './program.ts'

const MB = 1_000_000
const mb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`
const program = new URL('delivery/fetch-program.ts', import.meta.url)

const bundle = await storedBundle()
const { dataDirectory, manifest, manifestSha256 } = bundle
const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
const node = await enrolNode(controller, await createCluster(controller, 'bench'), 'one')
const proxy = await countingProxy(controller.port)
const order = (name: string): FetchOrder => ({
  // A node makes the operator's image of its head and the agent.
  files: manifest.files
    .filter((file) => assemblyOf(manifest, file) === undefined)
    .map(({ path, size, sha256 }) => ({ path, size, sha256 })),
  base: `https://127.0.0.1:${proxy.port}/v1/bundles/${manifestSha256}`,
  tls: { ca: node.ca, cert: node.cert, key: node.key },
  directory: join(dataDirectory, name),
})

async function fetchAll(name: string): Promise<{ bytes: number; ms: number }> {
  const [bytes, startedMs] = [proxy.bytes(), performance.now()]
  const run = startProgram(program)
  await run.ask('fetch', order(name))
  await run.end()
  return { bytes: proxy.bytes() - bytes, ms: performance.now() - startedMs }
}

async function killAt(name: string, bytes: number): Promise<void> {
  const run = startProgram(program)
  const ended = run.ask('fetch', order(name)).catch(() => undefined)
  proxy.at(proxy.bytes() + bytes, () => run.kill())
  await ended
}

try {
  const raw = await rawBytes(bundle)
  const whole = await fetchAll('whole')
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  console.log(`${manifest.name}: ${mb(raw)} raw, ${mb(whole.bytes)} received in ${seconds(whole.ms)}`)
  console.log(`imported and compressed in ${seconds(bundle.importMs)}`)
  await killAt('killed', whole.bytes / 2)
  const rest = await fetchAll('killed')
  goal('received after a kill at half', (100 * rest.bytes) / whole.bytes, 52, '%')
  goal('received in all', whole.bytes / MB, 320, 'MB')
  report('delivery', whole.bytes / raw, 0.3, 'bytes received ÷ bundle with uncompressed images')
} finally {
  proxy.close()
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
}
