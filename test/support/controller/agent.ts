import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Controller } from '../../../src/controller/start.ts'
import { SUBPROTOCOL } from '../../../src/protocol/version.ts'
import type { RunEvent } from '../../../src/protocol/wire/event.ts'
import type { Facts } from '../../../src/protocol/wire/facts.ts'
import { DownFrame, type UpFrame } from '../../../src/protocol/wire/frames.ts'
import type { Instruction } from '../../../src/protocol/wire/instruction.ts'
import type { EnrolledNode } from './client.ts'

type Frame<T extends DownFrame['t']> = Extract<DownFrame, { t: T }>

/** The agent's side of the protocol, scripted by a test. */
export class ScriptedAgent {
  readonly socket: WebSocket
  readonly received: DownFrame[] = []
  readonly closed: Promise<number>
  lastSeq = 0
  #count = 0

  constructor(controller: Pick<Controller, 'url'>, node: EnrolledNode) {
    const { ca, cert, key } = node
    const url = `${controller.url.replace('https', 'wss')}/v1/agent`
    this.socket = new WebSocket(url, SUBPROTOCOL, { ca, cert, key, perMessageDeflate: false })
    this.socket.on('message', (data) => {
      const frame = DownFrame.parse(JSON.parse(data.toString()))
      this.received.push(frame)
      this.socket.emit('frame')
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
  }

  send<T extends UpFrame['t']>(t: T, body: Extract<UpFrame, { t: T }>['body'], seq = 0, ack = this.lastSeq): void {
    this.sendText(JSON.stringify({ v: 1, t, id: `a${this.#count++}`, seq, ack, body }))
  }

  sendText(text: string): void {
    this.socket.send(text)
  }

  event(seq: number, run: string, event: RunEvent): void {
    this.send('event', { run, event }, seq)
  }

  /** Removes and returns the next frame of this type. */
  async next<T extends DownFrame['t']>(t: T, matches: (frame: Frame<T>) => boolean = () => true): Promise<Frame<T>> {
    for (;;) {
      const at = this.received.findIndex((frame) => frame.t === t && matches(frame as Frame<T>))
      const [found] = at < 0 ? [] : this.received.splice(at, 1)
      if (found) {
        this.lastSeq = Math.max(this.lastSeq, found.seq)
        return found as Frame<T>
      }
      await once(this.socket, 'frame', { signal: AbortSignal.timeout(10_000) })
    }
  }

  async instruction(): Promise<Instruction> {
    const { body } = await this.next('instruct')
    return JSON.parse(body.payload)
  }
}

export const facts: Facts = {
  hostname: 'one',
  os: { id: 'debian', version: '12', prettyName: 'Debian GNU/Linux 12', kernel: '6.1', arch: 'x64' },
  cpu: { model: 'x', cores: 2 },
  memoryBytes: 4e9,
  disks: [
    { device: '/dev/sda', sizeBytes: 1e11, model: '', rotational: false, usableForStorage: false, reason: 'mounted' },
    { device: '/dev/sdb', sizeBytes: 1e11, model: '', rotational: false, usableForStorage: true, reason: '' },
  ],
  interfaces: [
    {
      name: 'eth0',
      mac: '02:00:00:00:00:01',
      mtu: 1500,
      speedMbps: null,
      addresses: [
        { address: 'fe80::1', prefix: 64 },
        { address: '10.0.0.1', prefix: 24 },
      ],
      defaultRoute: true,
    },
    {
      name: 'eth1',
      mac: '02:00:00:00:00:02',
      mtu: 1500,
      speedMbps: 1000,
      addresses: [{ address: '10.1.0.1', prefix: 24 }],
      defaultRoute: false,
    },
  ],
  bootId: 'b',
  machineId: 'm',
  agentVersion: '0.1.0',
  versions: {},
}

/** The facts of a machine with this address. */
export function factsAt(address: string): Facts {
  const [own, ...others] = facts.interfaces
  if (!own) return facts
  return { ...facts, interfaces: [{ ...own, addresses: [{ address, prefix: 24 }] }, ...others] }
}

/** Connects, sends hello with `lastSeq` and `more`, waits for the welcome, and sends the facts. */
export async function connectAgent(
  controller: Pick<Controller, 'url'>,
  node: EnrolledNode,
  lastSeq = 0,
  sent = facts,
  more: object = {},
): Promise<ScriptedAgent> {
  const agent = new ScriptedAgent(controller, node)
  await once(agent.socket, 'open')
  agent.lastSeq = lastSeq
  agent.send('hello', {
    range: { min: 1, max: 1 },
    lastSeq,
    bootId: 'b',
    agentVersion: '0.1.0',
    nodeName: 'one',
    openRun: null,
    warnings: [],
    ...more,
  })
  await agent.next('welcome')
  agent.send('facts', sent)
  return agent
}
