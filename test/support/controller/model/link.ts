import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import type { DownFrame, UpFrame } from '../../../../src/protocol/wire/frames.ts'

/** A connection between a machine and a controller without a network. The controller's side is a websocket. */
export class Link extends EventEmitter {
  readonly OPEN = 1
  readonly bufferedAmount = 0
  readyState = 1
  isPaused = false
  /** Nothing passes any more, and neither side notices. */
  isCut = false
  readonly #onFrame: (frame: DownFrame) => void
  #held: string[] = []

  constructor(onFrame: (frame: DownFrame) => void) {
    super()
    this.#onFrame = onFrame
  }

  get asSocket(): WebSocket {
    return this as unknown as WebSocket
  }

  get isOpen(): boolean {
    return this.readyState === this.OPEN && !this.isCut
  }

  /** From the controller to the machine. */
  send(text: string): void {
    if (this.isOpen) queueMicrotask(() => this.isOpen && this.#onFrame(JSON.parse(text)))
  }

  /** From the machine to the controller. */
  sendUp(frame: UpFrame): void {
    this.#held.push(JSON.stringify(frame))
    if (!this.isPaused) this.resume()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    while (this.#held.length > 0 && !this.isPaused) {
      const text = this.#held.shift()
      if (this.isOpen) this.emit('message', Buffer.from(text ?? ''), false)
    }
  }

  ping(data = ''): void {
    if (this.isOpen) queueMicrotask(() => this.isOpen && this.emit('pong', Buffer.from(data)))
  }

  close(code = 1000): void {
    if (this.readyState !== this.OPEN) return
    this.readyState = 3
    queueMicrotask(() => this.emit('close', code))
  }

  terminate(): void {
    this.close(1006)
  }
}
