import type { KeyObject } from 'node:crypto'
import { reportOf } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import type { ProbeNetwork } from '../../host/probe-network.ts'
import type { PairCheckDown, PairCheckOrder, PairCheckUp } from '../../protocol/wire/pair-check.ts'
import { openSigned } from '../gate/open-signed.ts'
import { rememberTaken } from '../gate/taken.ts'
import type { Log } from '../log.ts'
import { dialPeer } from './dial.ts'
import { lookAtFirewall } from './firewall.ts'
import { type Listening, listenFor } from './listen.ts'
import { checkIdIn, ORDER, objectionOf } from './order.ts'
import type { ProbeTime } from './probe-udp.ts'

export interface PairCheckerOptions extends ProbeTime {
  network: ProbeNetwork
  view: HostView
  instructionKeys(): readonly KeyObject[]
  nodeId: string
  /** Whether a run is in progress, which needs the ports. */
  isBusy(): boolean
  /** Dropped if there is no connection. */
  send(body: PairCheckUp): void
  log: Log
}

export interface PairChecker {
  handle(body: PairCheckDown): void
  /** All ports are closed when it resolves. */
  stop(): Promise<void>
}

interface Open {
  order: PairCheckOrder
  listening: Promise<Listening>
  end: AbortController
}

/**
 * This node's part in pair checks, one at a time. Its ports are closed by the first of these: the controller ends the
 * check, a newer order arrives, a run begins, the order's deadline passes, or the process ends.
 */
export function pairChecker(options: PairCheckerOptions): PairChecker {
  const { network, view, send, log, now, sleep } = options
  const taken = rememberTaken()
  let open: Open | undefined

  async function begin({ payload, signature }: PairCheckDown & { say: 'order' }): Promise<void> {
    const objection = objectionOf(taken, options.isBusy)
    const opened = await openSigned(ORDER, { payload, signature }, { ...options, now: now(), objection })
    if (opened.kind === 'refused') {
      const { error } = opened
      log('warn', `refused: ${error.message} (${error.code})`)
      const check = checkIdIn(payload)
      if (check !== undefined) send({ say: 'refused', check, error })
      return
    }
    const order = opened.body
    taken.add(order.check, order.expiresAt, now())
    const { check, ports, closeAfterMs } = order
    await stop()
    const end = new AbortController()
    const mine: Open = { order, listening: listenFor(order, network, view, now), end }
    open = mine
    void sleep(closeAfterMs, end.signal).then(
      () => stopThis(mine),
      () => undefined,
    )
    log('info', `pair check ${check}: listening on ${ports.join(', ') || 'no ports'}`)
    const [listening, firewall] = await Promise.all([mine.listening, lookAtFirewall(view)])
    if (!end.signal.aborted) send({ say: 'listening', check, ports: listening.ports, firewall })
  }

  async function dial({ check, round, withoutUdp }: PairCheckDown & { say: 'go' }): Promise<void> {
    const mine = open
    if (mine?.order.check !== check) return
    const { order, end } = mine
    const peers = order.rounds[round] ?? []
    const dialled = await Promise.all(
      peers.map(({ ports, ...peer }) => {
        const wanted = withoutUdp.includes(peer.node) ? ports.filter((port) => !port.endsWith('/udp')) : ports
        return dialPeer({ ...peer, ports: wanted }, { ...options, order, signal: end.signal })
      }),
    )
    send({ say: 'dialled', check, round, peers: dialled })
  }

  async function finish(check: string): Promise<void> {
    const mine = open
    if (mine?.order.check !== check) return
    const listening = await mine.listening
    await stopThis(mine)
    send({ say: 'heard', check, peers: listening.received() })
    log('info', `pair check ${check}: ended, all ports closed`)
  }

  async function stopThis(mine: Open): Promise<void> {
    mine.end.abort()
    if (open === mine) open = undefined
    await mine.listening.then(
      ({ close }) => close(),
      () => undefined,
    )
  }

  async function stop(): Promise<void> {
    if (open) await stopThis(open)
  }

  return {
    handle(body) {
      const work = body.say === 'order' ? begin(body) : body.say === 'go' ? dial(body) : finish(body.check)
      work.catch((error: unknown) => {
        // Ending a check aborts its connections.
        if (error instanceof Error && error.name === 'AbortError') return
        const report = reportOf(error)
        log('warn', `pair check failed: ${report.message}`)
        const check = 'check' in body ? body.check : checkIdIn(body.payload)
        if (check !== undefined) send({ say: 'refused', check, error: report })
      })
    },
    stop,
  }
}
