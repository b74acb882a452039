import * as z from 'zod/mini'
import { DOWN, UP } from './messages/messages.ts'

/**
 * Every websocket message is `{v, t, id, seq, ack, body}`. `seq` numbers the durable messages of the sender (events and
 * results from the agent, instructions from the controller), and is 0 for messages that need no acknowledgement. `ack` is
 * the highest `seq` of the peer that is stored; it is sent after 16 messages or 1 s. The node is identified by its
 * certificate.
 */
const envelope = {
  v: z.literal(1),
  id: z.string().check(z.maxLength(64)),
  seq: z.int().check(z.nonnegative()),
  ack: z.int().check(z.nonnegative()),
}

type Envelope = { [K in keyof typeof envelope]: z.infer<(typeof envelope)[K]> }
type FrameOf<M extends Record<string, { body: z.ZodMiniType }>> = {
  [T in keyof M]: Envelope & { t: T; body: z.infer<M[T]['body']> }
}[keyof M]

/** An unknown type, and an unknown key, is an error. */
function frameOf<const M extends Record<string, { body: z.ZodMiniType }>>(messages: M): z.ZodMiniType<FrameOf<M>> {
  const frames = Object.entries(messages).map(([t, { body }]) => z.strictObject({ ...envelope, t: z.literal(t), body }))
  return z.discriminatedUnion('t', frames as [(typeof frames)[number]]) as unknown as z.ZodMiniType<FrameOf<M>>
}

export const UpFrame = frameOf(UP)
export const DownFrame = frameOf(DOWN)

export type UpFrame = FrameOf<typeof UP>
export type DownFrame = FrameOf<typeof DOWN>

/** What a message carries, by its type. */
export type UpBody = { [T in keyof typeof UP]: z.infer<(typeof UP)[T]['body']> }
export type DownBody = { [T in keyof typeof DOWN]: z.infer<(typeof DOWN)[T]['body']> }
