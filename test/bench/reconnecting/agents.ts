/** All agents of the fleet, in a process of their own: each dials as an agent does after it has lost its controller. */
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { FRESH, nextDelay } from '../../../src/agent/link/backoff.ts'
import { SUBPROTOCOL } from '../../../src/protocol/version.ts'
import { factsAt } from '../../support/controller/agent.ts'
import type { Machine } from '../fleet.ts'
import { answerCalls } from '../program.ts'

export interface Returned {
  /** From the loss of the controller until the last agent was welcomed. */
  allMs: number
  /** Of the agents: until half of them were welcomed. */
  halfMs: number
  /** Tries that failed. */
  failures: Record<string, number>
}

let open: WebSocket[] = []

answerCalls({
  async connect({ port, machines }: { port: number; machines: readonly Machine[] }): Promise<Returned> {
    const startedMs = performance.now()
    const failures: Record<string, number> = {}
    const times = await Promise.all(
      machines.map(async (machine) => {
        let { delayMs, next } = nextDelay(FRESH, { kind: 'lost', stableMs: 60_000 }, Math.random)
        for (;;) {
          await sleep(delayMs)
          const why = await welcomed(port, machine)
          if (why === undefined) return performance.now() - startedMs
          failures[why] = (failures[why] ?? 0) + 1
          ;({ delayMs, next } = nextDelay(next, { kind: 'lost', stableMs: 0 }, Math.random))
        }
      }),
    )
    times.sort((a, b) => a - b)
    return { allMs: times.at(-1) ?? 0, halfMs: times[Math.floor(times.length / 2)] ?? 0, failures }
  },
  async close() {
    for (const socket of open) socket.terminate()
    open = []
    await sleep(500)
  },
})

/** Resolves when the controller has welcomed the agent, or to the reason why not. */
function welcomed(port: number, { ca, cert, key, address, name }: Machine): Promise<string | undefined> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/agent`, SUBPROTOCOL, {
    ...{ ca, cert, key, localAddress: address, perMessageDeflate: false, handshakeTimeout: 10_000 },
  })
  return new Promise((resolve) => {
    const send = (t: string, body: object) =>
      socket.send(JSON.stringify({ v: 1, t, id: `a-${t}`, seq: 0, ack: 0, body }))
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', (code) => resolve(`closed with ${code}`))
    socket.on('open', () => {
      const versions = { range: { min: 1, max: 1 }, agentVersion: '0.1.0' }
      send('hello', { ...versions, lastSeq: 0, bootId: 'b', nodeName: name, openRun: null, warnings: [] })
    })
    socket.once('message', () => {
      open.push(socket)
      send('facts', factsAt(address))
      resolve(undefined)
    })
  })
}
