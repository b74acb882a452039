import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { OperatorReport } from '../../../src/protocol/api/operators.ts'
import { SUBPROTOCOL } from '../../../src/protocol/version.ts'
import { facts } from '../../support/controller/agent.ts'
import type { Credentials } from '../../support/controller/client.ts'
import { count, countAnswers, type Field, get, openTcp, openTls, repeated, untilClosed } from './connections.ts'

type Attack = (field: Field) => Promise<void>

/** Sends the same request again and again on each connection, without waiting for answers. */
const pipelined = (
  connections: number,
  requests: number,
  path: (field: Field) => string,
  by: (field: Field) => Credentials = ({ scene }) => scene.attacker,
): Attack =>
  repeated(connections, async (field) => {
    const socket = await openTls(field, by(field))
    if (!socket) return
    countAnswers(socket, field.tally)
    socket.write(get(path(field)).repeat(requests))
    await untilClosed(socket, field)
  })

async function handshake(field: Field): Promise<void> {
  const socket = await openTls(field, field.scene.attacker)
  if (socket) count(field.tally, 'handshakes')
  socket?.destroy()
}

/** Begins a session of the node again and again, and sends on it as fast as the connection takes it. */
const flood =
  (send: (socket: WebSocket, at: number) => void): Attack =>
  async (field) => {
    while (!field.isOver()) {
      const socket = await openSession(field)
      if (!socket) await sleep(100)
      for (let at = 0; socket?.readyState === WebSocket.OPEN && !field.isOver(); at++) {
        send(socket, at)
        count(field.tally, 'frames')
        if (socket.bufferedAmount > 1_000_000) await sleep(10)
        else if (at % 100 === 0) await sleep(0)
      }
      socket?.terminate()
    }
  }

async function openSession({ scene, tally }: Field): Promise<WebSocket | undefined> {
  const { ca, cert, key } = scene.attacker
  const socket = new WebSocket(`wss://127.0.0.1:${scene.port}/v1/agent`, SUBPROTOCOL, { ca, cert, key })
  count(tally, 'sessions')
  socket.on('error', () => undefined).on('message', () => undefined)
  await Promise.race([once(socket, 'open'), once(socket, 'close')]).catch(() => undefined)
  if (socket.readyState !== WebSocket.OPEN) return undefined
  sendFrame(socket, 'hello', {
    ...{ range: { min: 1, max: 1 }, lastSeq: 0, bootId: 'b', agentVersion: '0.1.0', nodeName: 'one' },
    ...{ openRun: null, warnings: [] },
  })
  await Promise.race([once(socket, 'message'), once(socket, 'close')]).catch(() => undefined)
  return socket.readyState === WebSocket.OPEN ? socket : undefined
}

function sendFrame(socket: WebSocket, t: string, body: object): void {
  socket.send(JSON.stringify({ v: 1, t, id: 'a1', seq: 0, ack: 0, body }))
}

/** About 188 KB as JSON. */
const disks = Array.from({ length: 250 }, (_, at) => ({
  ...{ device: `/dev/${'d'.repeat(100)}${at}`, sizeBytes: 1, model: 'x'.repeat(255), rotational: false },
  ...{ usableForStorage: false, reason: 'x'.repeat(255) },
}))
const FACTS_EVERY_MS = 1_000 / 82

/** About 5.7 MB as JSON. */
const LARGE_REPORT = JSON.stringify({
  ...{ kubernetesVersion: 'v1', nodes: [], dns: true },
  pods: Array.from({ length: 11_400 }, (_, at) => ({
    ...{ namespace: 'n'.repeat(200), name: `p${at}-${'x'.repeat(190)}`, node: 'z' },
    ...{ ready: true, phase: 'Running', restarts: 0 },
  })),
} satisfies OperatorReport)

/** As many small values as a report can have: about 7.5 MB as JSON. */
const MANY_VALUES = JSON.stringify({
  ...{ kubernetesVersion: 'v1', dns: true },
  nodes: Array.from({ length: 5_000 }, (_, at) => ({
    ...{ name: `n${at}`, ready: true, kubeletVersion: 'v1' },
    unhealthy: Array.from({ length: 20 }, () => ({ type: 'Ready', reason: '', message: '' })),
  })),
  pods: Array.from({ length: 20_000 }, () => ({
    ...{ namespace: 'kube-system', name: 'kube-proxy-bcdfg', node: 'n', ready: false, phase: 'Running', restarts: 0 },
  })),
} satisfies OperatorReport)

const reports = (report: string): Attack =>
  repeated(4, async (field) => {
    const socket = await openTls(field, field.scene.operator)
    if (!socket) return
    countAnswers(socket, field.tally)
    const head = ['POST /v1/operator/report HTTP/1.1', 'Host: x', `Content-Length: ${report.length}`]
    socket.write(`${[...head, 'Connection: close', '', ''].join('\r\n')}${report}`)
    await untilClosed(socket, field)
  })

/** The attacks that the limits are for, in the size in which they were found. */
export const ATTACKS: Record<string, Attack> = {
  'downloads, 1 × 500 pipelined': pipelined(1, 500, ({ scene }) => scene.file),
  'downloads, 100 × 20 pipelined': pipelined(100, 20, ({ scene }) => scene.file),
  'downloads, 400 stalled': repeated(400, async (field) => {
    const socket = await openTls(field, field.scene.attacker)
    if (!socket) return
    socket.pause().write(get(field.scene.file))
    await untilClosed(socket, field)
  }),
  'handshakes, 1,738 per second': async (field) => {
    const startedMs = performance.now()
    for (let begun = 0; !field.isOver(); await sleep(10)) {
      const due = Math.floor(1.738 * (performance.now() - startedMs)) - begun
      // Few at a time: the timers of this process go on, however slow it is.
      for (let each = 0; each < Math.min(due, 50); each++) void handshake(field)
      begun += due
    }
  },
  'idle sockets, 12,600': repeated(12_600, async (field) => untilClosed(openTcp(field).resume(), field)),
  'facts of 188 KB, 82 per second': async (field) => {
    const startedMs = performance.now()
    let sent = 0
    await flood((socket, at) => {
      if (performance.now() - startedMs < sent * FACTS_EVERY_MS) return
      sendFrame(socket, 'facts', { ...facts, hostname: `h${at}`, disks })
      sent++
      count(field.tally, 'facts')
    })(field)
  },
  'operator reports of 5.7 MB': reports(LARGE_REPORT),
  'operator reports of 440,000 values': reports(MANY_VALUES),
  'pong frames': flood((socket) => socket.pong()),
  'ping frames': flood((socket) => socket.ping()),
  'waiting requests, 40 × 500 pipelined': pipelined(
    40,
    500,
    ({ scene }) => `/v1/enrol/${scene.pending}?waitMs=20000`,
    ({ scene }) => scene.installer,
  ),
  'unknown bundles': repeated(32, async (field) => {
    const socket = await openTls(field, field.scene.attacker)
    if (!socket) return
    countAnswers(socket, field.tally)
    socket.setMaxListeners(0)
    for (let asked = 0; !socket.destroyed && !field.isOver(); asked++) {
      const hash = asked.toString(16).padStart(64, '0')
      socket.write(get(`/v1/bundles/${hash}/bin/kubelet`))
      await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined)
    }
    socket.destroy()
  }),
}
