import type { RawData } from 'ws'
import { UpFrame } from '../../../protocol/wire/frames.ts'
import { parseFrame } from '../../../protocol/wire/messages/parse-frame.ts'
import { OPENING_MS } from '../../../protocol/wire/session/limits.ts'
import type { Session } from './session.ts'

export type Hello = Extract<UpFrame, { t: 'hello' }>['body']

export interface Held {
  /** Undefined if the first message is not a hello, or does not come. */
  hello: Promise<Hello | undefined>
  /** Stops holding. The messages are passed to the listeners that the socket has by then. */
  release(): void
}

/** Keeps the messages of a connection while it is not known yet whether its session begins. */
export function holdMessages({ socket, throttle }: Session): Held {
  const held: [RawData, boolean][] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, OPENING_MS)
  const take = (data: RawData, isBinary: boolean) => {
    held.push([data, isBinary])
    // What the socket has received already still arrives.
    throttle.hold(true)
    resolve()
  }
  socket.on('message', take).on('close', resolve)
  return {
    hello: promise.then(() => {
      clearTimeout(timer)
      const [text = ''] = held.map(([data]) => data.toString())
      const parsed = parseFrame(UpFrame, text)
      return 'frame' in parsed && parsed.frame.t === 'hello' ? parsed.frame.body : undefined
    }),
    release() {
      socket.off('message', take).off('close', resolve)
      throttle.hold(false)
      for (const [data, isBinary] of held.splice(0)) socket.emit('message', data, isBinary)
    },
  }
}
