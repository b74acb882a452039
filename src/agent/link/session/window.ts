import { WINDOW } from '../../../protocol/wire/session/limits.ts'
import type { Outbox, OutboxMessage } from '../outbox.ts'

/** Number of entries that are read from the outbox at once. */
const PAGE = 32

export interface Window {
  /** Starts sending after `seq`, up to which the controller has stored all messages. */
  open(seq: number): void
  acknowledged(seq: number): void
  /** Sends messages of the outbox, as far as the window permits. */
  pump(): void
}

interface Options {
  outbox: Pick<Outbox, 'after' | 'acknowledge'>
  send(message: OutboxMessage, seq: number): void
  /** Whether the connection accepts no more messages for now. */
  isFull(): boolean
}

/** Sends the outbox in order, with at most 128 messages that the controller has not acknowledged. */
export function sendWindow({ outbox, send, isFull }: Options): Window {
  let isOpen = false
  let sentSeq = 0
  let ackedSeq = 0

  function pump(): void {
    while (isOpen && !isFull()) {
      const room = WINDOW - (sentSeq - ackedSeq)
      const entries = room > 0 ? outbox.after(sentSeq, Math.min(PAGE, room)) : []
      for (const { seq, message } of entries) {
        send(message, seq)
        sentSeq = seq
      }
      if (entries.length === 0) return
    }
  }

  return {
    open(seq) {
      isOpen = true
      sentSeq = seq
      ackedSeq = seq
      outbox.acknowledge(seq)
    },
    acknowledged(seq) {
      if (seq <= ackedSeq) return
      ackedSeq = seq
      outbox.acknowledge(seq)
      pump()
    },
    pump,
  }
}
