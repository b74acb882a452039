// What a healthy client notices while one certificate, or one address, takes what it can: P99 during each attack ÷ P99 before.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { parseArgs } from 'node:util'
import { type Controller, startController } from '../../src/controller/start.ts'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { call, createCluster, type EnrolledNode, enrolNode } from '../support/controller/client.ts'
import { report } from './measure.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, clients: { type: 'string', default: '50' } },
})
const attackMs = Number(values.seconds) * 1_000
/** Connections that an attack has at the same time. */
const clients = Number(values.clients)
const EVERY_MS = 20
const FILE_BYTES = 64 * 1024 * 1024

interface Scene {
  controller: Controller
  attacker: EnrolledNode
  healthy: EnrolledNode
  file: string
  isOver(): boolean
}

type Attack = (scene: Scene) => Promise<void>

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

function openTcp({ controller }: Scene, localAddress = '127.0.0.2'): Socket {
  const socket = connectTcp({ host: '127.0.0.1', port: controller.port, localAddress })
  return socket.on('error', () => undefined)
}

async function openTls(scene: Scene): Promise<Socket> {
  const { ca, cert, key } = scene.attacker
  const socket = connect({ socket: openTcp(scene), host: '127.0.0.1', ca, cert, key }).on('error', () => undefined)
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => undefined)
  return socket
}

/** Repeats an attempt on each of the connections until the attack is over. */
const repeated =
  (attempt: Attack): Attack =>
  async (scene) => {
    const one = async () => {
      while (!scene.isOver()) {
        await attempt(scene).catch(() => undefined)
        // A refused client that tries again at once must not stop the timers of this process.
        await sleep(1)
      }
    }
    await Promise.all(Array.from({ length: clients }, one))
  }

/** Sends the same request again and again on one connection, without waiting for answers. */
const pipelined = (path: (scene: Scene) => string) =>
  repeated(async (scene) => {
    const socket = await openTls(scene)
    socket.resume().write(get(path(scene)).repeat(500))
    await Promise.race([once(socket, 'close'), sleep(1_000)])
    socket.destroy()
  })

/** Sends frames on a session of the node, as fast as the connection takes them. */
const flood =
  (send: (agent: Awaited<ReturnType<typeof connectAgent>>, count: number) => void): Attack =>
  async (scene) => {
    while (!scene.isOver()) {
      const agent = await connectAgent(scene.controller, scene.attacker).catch(() => undefined)
      if (!agent) await sleep(100)
      for (let count = 0; agent && !scene.isOver() && agent.socket.readyState === agent.socket.OPEN; count++) {
        send(agent, count)
        if (agent.socket.bufferedAmount > 1_000_000) await sleep(10)
        else if (count % 100 === 0) await sleep(0)
      }
      agent?.socket.terminate()
    }
  }

const disks = Array.from({ length: 250 }, (_, at) => ({
  ...{ device: `/dev/${at}`, sizeBytes: 1, model: 'x'.repeat(255), rotational: false, usableForStorage: false },
  reason: 'x'.repeat(255),
}))

const ATTACKS: Record<string, Attack> = {
  'pipelined downloads': pipelined(({ file }) => file),
  'pipelined pings': pipelined(() => '/v1/ping'),
  'unknown bundles': pipelined(() => `/v1/bundles/${'0'.repeat(64)}/bin/kubelet`),
  'stalled downloads': repeated(async (scene) => {
    const socket = await openTls(scene)
    socket.pause().write(get(scene.file))
    await Promise.race([once(socket, 'close'), sleep(5_000)])
    socket.destroy()
  }),
  handshakes: repeated(async (scene) => void (await openTls(scene)).destroy()),
  'idle sockets': repeated(async (scene) => {
    const socket = openTcp(scene).resume()
    await Promise.race([once(socket, 'close'), sleep(5_000)])
    socket.destroy()
  }),
  'large facts': flood((agent, count) => agent.send('facts', { ...facts, hostname: `h${count}`, disks })),
  'ping frames': flood(({ socket }) => socket.ping()),
  'pong frames': flood(({ socket }) => socket.pong()),
}

const dataDirectory = mkdtempSync(join(tmpdir(), 'bench-'))
const { manifestSha256 } = await importSmallBundle(dataDirectory, Buffer.alloc(FILE_BYTES))
const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
try {
  const installer = await createCluster(controller, 'demo', { autoApprove: true })
  const [attacker, healthy] = [
    await enrolNode(controller, installer, 'one'),
    await enrolNode(controller, installer, 'two'),
  ]
  const file = `/v1/bundles/${manifestSha256}/bin/kubelet`
  const during = async (attack: Attack) => {
    const endsAtMs = performance.now() + attackMs
    const isOver = () => performance.now() >= endsAtMs
    const [times] = await Promise.all([ping(healthy, isOver), attack({ controller, attacker, healthy, file, isOver })])
    return times
  }
  const idleMs = p99(await during(async () => undefined))
  console.log(`idle: P99 ${idleMs.toFixed(1)} ms`)
  let [worst, worstName] = [0, '']
  for (const [name, attack] of Object.entries(ATTACKS)) {
    const times = await during(attack)
    const ratio = p99(times) / idleMs
    if (ratio > worst) [worst, worstName] = [ratio, name]
    const megabytes = (process.memoryUsage.rss() / 2 ** 20).toFixed(0)
    console.log(
      `${name}: P99 ${p99(times).toFixed(1)} ms of ${times.length} requests, ${megabytes} MiB with the attacker`,
    )
  }
  report('attacks', worst, 3, `worst: ${worstName}`)
} finally {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
}

/** Milliseconds of each request of a healthy client. Throws if one is not answered. */
async function ping(client: EnrolledNode, isOver: () => boolean): Promise<number[]> {
  const times: number[] = []
  while (!isOver()) {
    const startedMs = performance.now()
    const { status } = await call(controller.url, client, 'GET', '/v1/ping')
    if (status !== 200) throw new Error(`a healthy client got ${status}`)
    times.push(performance.now() - startedMs)
    await sleep(EVERY_MS)
  }
  return times
}

function p99(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN
}
