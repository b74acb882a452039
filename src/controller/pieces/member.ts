import type { FailedPiece } from '../../protocol/api/delivery/pieces.ts'

export interface Asking {
  node: string
  /** Where it hands on pieces; undefined if it does not. */
  isHolder: boolean
  have: readonly number[]
  want: readonly number[]
  free: number
  failed: readonly FailedPiece[]
}

/** Where to get a piece: from a node, or from the controller. */
export interface Choice {
  piece: number
  from?: string
}

interface Taking {
  from: string | undefined
  sinceMs: number
  isForStarved: boolean
}

export interface Member {
  isHolder: boolean
  have: Set<number>
  seenMs: number
  wantedMs: number
  /** When it got a piece, without those that it got because it had got none for long. */
  gotMs: number
  taking: Map<number, Taking>
  /** From which it gets nothing, and until when: for ever from one that sent something wrong. */
  avoided: Map<string, number>
  /** Who avoids it, and until when. */
  avoidedBy: Map<string, number>
  /** How often each was busy, since the last piece from it. */
  foundBusy: Map<string, number>
  uploads: number
  busyUntilMs: number
}

export const newMember = (nowMs: number): Member => ({
  ...{
    isHolder: false,
    have: new Set(),
    seenMs: nowMs,
    wantedMs: Number.NEGATIVE_INFINITY,
    gotMs: nowMs,
    taking: new Map(),
    avoided: new Map(),
  },
  ...{ avoidedBy: new Map(), foundBusy: new Map(), uploads: 0, busyUntilMs: 0 },
})
