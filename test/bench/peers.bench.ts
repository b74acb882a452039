/**
 * Ratio 5: the time in which 16 nodes have a bundle ÷ one node, on links of 2 MiB/s in both directions, also that of the controller. Also:
 * bytes that the controller sends ÷ bytes of the bundle (goal 1.1).
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openTcp } from '../../src/host/linux/network/connect.ts'
import { importTinyBundle } from '../support/controller/bundle.ts'
import { createCluster, enrolNode } from '../support/controller/client.ts'
import { peerNode } from '../support/peers/peer-node.ts'
import { type Link, linkOf, shapedPath } from './delivery/shaped-link.ts'
import { goal, report } from './measure.ts'

/** `KIB=512` for slower links: all nodes share this process, which has to be fast enough for 16 links. */
const KIB = Number(process.env.KIB ?? 2_048)
const RATE = KIB * 1024
const NODES = 16
const LIMIT_MS = 300_000
/** 33.5 MB that cannot be compressed, in files of different sizes, as in a bundle. */
const SIZES = { kubelet: 12, kubeadm: 8, kubectl: 6, etcd: 4, crictl: 2, runc: 1, etcdctl: 0.5 }
const contents = Object.fromEntries(Object.entries(SIZES).map(([name, mib]) => [name, randomBytes(mib * 1024 * 1024)]))

const directory = mkdtempSync(join(tmpdir(), 'bench-peers-'))
const dataDirectory = join(directory, 'controller')
const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
try {
  const bundle = await importTinyBundle(dataDirectory, { contents })
  const bytes = bundle.manifest.files.reduce((sum, { size }) => sum + size, 0)
  const one = await distribute(controller, bundle, 1)
  const many = await distribute(controller, bundle, NODES)
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  console.log(`${(bytes / 1_000_000).toFixed(1)} MB: 1 node ${seconds(one.ms)}, ${NODES} nodes ${seconds(many.ms)}`)
  console.log(`${seconds(many.cpuMs)} of CPU time for ${NODES} nodes and the controller`)
  goal('the controller sent, of the bundle', (100 * many.sent) / bytes, 110, '%')
  report('peers', many.ms / one.ms, 1.3, `${NODES} nodes ÷ 1 on links of ${KIB} KiB/s`)
} finally {
  await controller.close()
  rmSync(directory, { recursive: true })
}

async function distribute(
  { port, url, adminFile }: Controller,
  bundle: Awaited<ReturnType<typeof importTinyBundle>>,
  count: number,
): Promise<{ ms: number; sent: number; cpuMs: number }> {
  const stop = new AbortController()
  const limit = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)])
  const installer = await createCluster({ url, adminFile }, `of-${count}`, {
    autoApprove: true,
    peerUploads: 'unlimited',
  })
  const site = linkOf(RATE)
  const links = new Map<string, Link>()
  const paths: { close(): void }[] = []
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const address = `127.3.${count}.${at + 1}`
      const own = linkOf(RATE)
      links.set(address, own)
      const node = await enrolNode({ url, adminFile }, installer, `n${at}`, undefined, address)
      const path = await shapedPath(own, site, { host: '127.0.0.1', port })
      paths.push(path)
      const ways = new Map<string, ReturnType<typeof shapedPath>>()
      const way = (to: { host: string; port: number }) => {
        const known = ways.get(to.host) ?? shapedPath(own, links.get(to.host) as Link, to)
        ways.set(to.host, known)
        return known
      }
      return peerNode({
        ...{ node, address, bundle, dataDirectory, directory: join(directory, address), signal: limit },
        url: `https://127.0.0.1:${path.port}`,
        async connect(to, until) {
          const between = await way(to)
          paths.push(between)
          return openTcp({ host: '127.0.0.1', port: between.port }, until)
        },
      })
    }),
  )
  const before = site.up.bytes
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
  await Promise.all(nodes.map(({ fetchAll }) => fetchAll()))
  const ms = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  for (const line of new Set(nodes.flatMap(({ lines }) => lines))) console.log(line)
  stop.abort()
  await Promise.all(nodes.map(({ close }) => close()))
  for (const each of paths) each.close()
  return { ms, sent: site.up.bytes - before, cpuMs: (user + system) / 1_000 }
}
