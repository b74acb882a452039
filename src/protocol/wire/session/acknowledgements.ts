import { ACK_AFTER_MS, ACK_EVERY } from './limits.ts'

export interface Acknowledgements {
  /** So many numbered messages are stored. `atOnce`: the peer waits for this. */
  stored(messages: number, atOnce?: boolean): void
  /** Every message carries an acknowledgement. */
  sent(): void
}

interface Options {
  /** Sends a message that has no other content. */
  send(): void
  later(ms: number, work: () => void): void
}

/** Acknowledges after 16 messages, or a second after the first of them, unless another message did so before. */
export function acknowledgements({ send, later }: Options): Acknowledgements {
  let waiting = 0
  let isDue = false
  return {
    stored(messages, atOnce = false) {
      waiting += messages
      if (atOnce || waiting >= ACK_EVERY) return send()
      if (isDue) return
      isDue = true
      later(ACK_AFTER_MS, () => {
        isDue = false
        if (waiting > 0) send()
      })
    },
    sent() {
      waiting = 0
    },
  }
}
