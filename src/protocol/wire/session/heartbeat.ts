interface Beat {
  /** Before each beat, in ms. */
  pauseMs(): number
  /** Ends the heartbeat if it returns false. */
  beat(): boolean
  later(ms: number, work: () => void): void
}

/** Calls `beat` after each pause. */
export function heartbeat(options: Beat): void {
  options.later(options.pauseMs(), () => {
    if (options.beat()) heartbeat(options)
  })
}

export interface Silence {
  /** Anything came from the peer. */
  broken(): void
}

interface SilenceOptions {
  limitMs: number
  monotonicMs(): number
  /** Called once. */
  onLimit(): void
  later(ms: number, work: () => void): void
}

/** Watches that the peer is never silent for longer than the limit. */
export function watchSilence({ limitMs, monotonicMs, onLimit, later }: SilenceOptions): Silence {
  let lastMs = monotonicMs()
  const look = () => {
    const leftMs = lastMs + limitMs - monotonicMs()
    if (leftMs <= 0) onLimit()
    else later(leftMs, look)
  }
  look()
  return {
    broken() {
      lastMs = monotonicMs()
    },
  }
}
