import type { LinkStore } from '../../link/link-state.ts'
import type { Log } from '../../log.ts'

export interface PieceHolderOptions {
  link: Pick<LinkStore, 'open'>
  /** Whether a run has made this machine a node: otherwise it has nothing to hand on. */
  isProvisioned(): boolean
  /** Whether another process of this agent hands on pieces now, or gets them. */
  isInUse(): boolean
  /** Starts the process that hands on pieces of this bundle, and waits for its end. Never rejects. */
  handOn(bundle: string, signal: AbortSignal): Promise<{ isDone: boolean; how: string; said: string }>
  log: Log
  signal: AbortSignal
}

export interface PieceHolder {
  /** The controller says that nodes of the cluster download this bundle. */
  called(bundle: string): void
  /** Ends the process that hands on pieces: another one needs its port. */
  pause(): Promise<void>
}

/** Hands on what this node has of its bundle while other nodes download it, one process at a time. */
export function pieceHolder(options: PieceHolderOptions): PieceHolder {
  const { link, log, signal } = options
  let underWay: { stop: AbortController; ended: Promise<void> } | undefined

  async function work(bundle: string, stop: AbortSignal): Promise<void> {
    const { isDone, how, said } = await options.handOn(bundle, AbortSignal.any([stop, signal]))
    if (!isDone && !stop.aborted && !signal.aborted)
      log('warn', `the process that hands on pieces failed: ${how}${said && `: ${said}`}`)
    underWay = undefined
  }
  return {
    called(bundle) {
      // A run is in the swarm by itself.
      if (underWay || link.open() || !options.isProvisioned() || options.isInUse()) return
      const stop = new AbortController()
      underWay = { stop, ended: work(bundle, stop.signal) }
    },
    async pause() {
      underWay?.stop.abort()
      await underWay?.ended
    },
  }
}
