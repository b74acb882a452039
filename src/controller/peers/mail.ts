import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import { errorMessage } from '../../base/text/error-message.ts'
import { type DownBody, DownFrame, UpFrame } from '../../protocol/wire/frames.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { Shared } from '../store/shared.ts'
import type { Rival } from './peers.ts'

const RivalText = z.strictObject({ machine: z.string(), address: z.string(), fingerprint: z.string() })

const Letter = z.discriminatedUnion('kind', [
  /** To a node with a session at the other controller, and back from a node. */
  z.strictObject({ kind: z.literal('send'), node: z.string(), frame: DownFrame }),
  z.strictObject({ kind: z.literal('answer'), node: z.string(), frame: UpFrame }),
  /** A session of a node would replace the one at the other controller: see live/rivals.ts. */
  z.strictObject({ kind: z.literal('meet'), id: z.string(), node: z.string(), newer: RivalText }),
  z.strictObject({ kind: z.literal('met'), id: z.string(), older: z.nullable(RivalText) }),
  z.strictObject({ kind: z.literal('tried'), node: z.string(), machines: z.array(z.string()) }),
])
type Letter = z.infer<typeof Letter>

/** Longer than an operation or a pair check takes. */
const ASKING_MS = 120_000
/** The node waits for its welcome, also while a controller that was killed still counts as live. */
const MEETING_MS = 3_500

interface Ports {
  shared: Pick<Shared, 'post' | 'take'>
  log(line: string): void
  /** Sends to a node that is connected here. */
  send<T extends keyof DownBody>(nodeId: string, t: T, body: DownBody[T]): boolean
  /** An answer to this controller. */
  receive(nodeId: string, frame: UpFrame): void
  /** As Rivals.meet. */
  meet(nodeId: string, newer: Rival): Promise<Rival | undefined>
  /** As Rivals.note. */
  tried(nodeId: string, machines: readonly string[]): void
}

export interface Mail {
  /** Sends to a node through the controller that has its session. What is lost is repeated by the caller. */
  send<T extends keyof DownBody>(controller: string, nodeId: string, t: T, body: DownBody[T]): void
  passOn(nodeId: string, frame: UpFrame): void
  /** What the other controller's Rivals.meet returns; undefined if it does not answer in time. */
  meet(controller: string, nodeId: string, newer: Rival): Promise<Rival | undefined>
  /** Makes the other controller call Rivals.note. */
  tried(controller: string, nodeId: string, machines: readonly string[]): void
  /** Handles the messages that have arrived. */
  take(): Promise<void>
}

/** Messages between controllers. An answer goes to each controller that has asked the node recently; the others ignore it. */
export function openMail({ shared, log, send, receive, meet, tried }: Ports): Mail {
  /** By node: until when the answers for each controller are awaited. */
  const askers = new Map<string, Map<string, number>>()
  /** By id: those who wait for the answer of another controller. */
  const meetings = new Map<string, (older: Rival | undefined) => void>()
  const turns = openTurns()
  /** Resolves to whether the message was stored. */
  const post = (to: string, letter: Letter): Promise<boolean> =>
    shared.post(to, letter).then(
      () => true,
      (error: unknown) => {
        log(`cannot send a message to another controller: ${errorMessage(error)}`)
        return false
      },
    )

  function handle(from: string, letter: Letter): void {
    switch (letter.kind) {
      case 'answer':
        receive(letter.node, letter.frame)
        break
      case 'meet':
        // Not awaited: other messages do not wait for the answer of a node.
        void meet(letter.node, letter.newer).then((older) =>
          post(from, { kind: 'met', id: letter.id, older: older ?? null }),
        )
        break
      case 'met':
        meetings.get(letter.id)?.(letter.older ?? undefined)
        break
      case 'tried':
        tried(letter.node, letter.machines)
        break
      case 'send':
        forward(from, letter)
        break
    }
  }

  function forward(from: string, { node, frame }: Extract<Letter, { kind: 'send' }>): void {
    const nowMs = performance.now()
    const asking = askers.get(node) ?? new Map<string, number>()
    for (const [each, untilMs] of asking) if (untilMs < nowMs) asking.delete(each)
    askers.set(node, asking.set(from, nowMs + ASKING_MS))
    send(node, frame.t as keyof DownBody, frame.body as DownBody[keyof DownBody])
  }

  return {
    send: (controller, node, t, body) =>
      void post(controller, { kind: 'send', node, frame: DownFrame.parse({ v: 1, t, id: '', seq: 0, ack: 0, body }) }),
    passOn(node, frame) {
      const nowMs = performance.now()
      for (const [controller, untilMs] of askers.get(node) ?? [])
        if (untilMs >= nowMs) void post(controller, { kind: 'answer', node, frame })
    },
    meet(controller, node, newer) {
      const id = randomUUID()
      return new Promise((resolve) => {
        const settle = (older: Rival | undefined) => {
          clearTimeout(timer)
          meetings.delete(id)
          resolve(older)
        }
        const timer = setTimeout(settle, MEETING_MS, undefined)
        meetings.set(id, settle)
        void post(controller, { kind: 'meet', id, node, newer }).then((isStored) => isStored || settle(undefined))
      })
    },
    tried: (controller, node, machines) => void post(controller, { kind: 'tried', node, machines: [...machines] }),
    take: () =>
      turns('', async () => {
        for (const { from, body } of await shared.take()) {
          const letter = Letter.safeParse(body)
          if (letter.success) handle(from, letter.data)
          else log(`a message of controller ${from} was not understood: it may be of another version`)
        }
      }).catch((error: unknown) => log(`cannot read the messages of other controllers: ${errorMessage(error)}`)),
  }
}
