import * as z from 'zod/mini'
import { errorMessage } from '../../base/text/error-message.ts'
import { type DownBody, DownFrame, UpFrame } from '../../protocol/wire/frames.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { Shared } from '../store/shared.ts'

/** To a node with a session at the other controller, or back from a node. */
const Letter = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('send'), node: z.string(), frame: DownFrame }),
  z.strictObject({ kind: z.literal('answer'), node: z.string(), frame: UpFrame }),
])

/** Longer than an operation or a pair check takes. */
const ASKING_MS = 120_000

interface Ports {
  shared: Pick<Shared, 'post' | 'take'>
  log(line: string): void
  /** Sends to a node that is connected here. */
  send<T extends keyof DownBody>(nodeId: string, t: T, body: DownBody[T]): boolean
  /** An answer to this controller. */
  receive(nodeId: string, frame: UpFrame): void
}

export interface Mail {
  /** Sends to a node through the controller that has its session. What is lost is repeated by the caller. */
  send<T extends keyof DownBody>(controller: string, nodeId: string, t: T, body: DownBody[T]): void
  passOn(nodeId: string, frame: UpFrame): void
  /** Handles the messages that have arrived. */
  take(): Promise<void>
}

/** Messages between controllers. An answer goes to each controller that has asked the node recently; the others ignore it. */
export function openMail({ shared, log, send, receive }: Ports): Mail {
  /** By node: until when the answers for each controller are awaited. */
  const askers = new Map<string, Map<string, number>>()
  const turns = openTurns()
  const post = (to: string, letter: z.infer<typeof Letter>) =>
    void shared
      .post(to, letter)
      .catch((error: unknown) => log(`cannot send a message to another controller: ${errorMessage(error)}`))

  function handle(from: string, letter: z.infer<typeof Letter>): void {
    const { node, frame } = letter
    if (letter.kind === 'answer') {
      receive(node, letter.frame)
      return
    }
    const nowMs = performance.now()
    const asking = askers.get(node) ?? new Map<string, number>()
    for (const [each, untilMs] of asking) if (untilMs < nowMs) asking.delete(each)
    askers.set(node, asking.set(from, nowMs + ASKING_MS))
    send(node, frame.t as keyof DownBody, frame.body as DownBody[keyof DownBody])
  }

  return {
    send: (controller, node, t, body) =>
      post(controller, { kind: 'send', node, frame: DownFrame.parse({ v: 1, t, id: '', seq: 0, ack: 0, body }) }),
    passOn(node, frame) {
      const nowMs = performance.now()
      for (const [controller, untilMs] of askers.get(node) ?? [])
        if (untilMs >= nowMs) post(controller, { kind: 'answer', node, frame })
    },
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
