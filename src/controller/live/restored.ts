import type { UpFrame } from '../../protocol/wire/frames.ts'
import type { Draft } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import type { HasLog } from '../ports.ts'

/** Further numbers are the node's invention. Sums with them remain exact. */
const LARGEST = 2 ** 40

/**
 * A node that knows later messages than the store met a later state of the controller: the store was restored from a backup.
 * Lifts the numbers of the node, so that it accepts the next instruction and its next message is stored; and ends the runs
 * whose result was lost. See docs/adr/0041.
 */
export function liftRestored(
  { log }: HasLog,
  draft: Draft,
  node: Node,
  { lastSeq, lastGeneration = 0, confirmed = 0, openRun }: (UpFrame & { t: 'hello' })['body'],
): void {
  const isLater = lastSeq > node.downSeq || lastGeneration > node.generation || confirmed > node.upSeq
  if (!isLater) return
  log(
    `node ${node.id} has instruction ${lastSeq} and sent message ${confirmed}; the store has ${node.downSeq} and ${node.upSeq}: it was restored from a backup`,
  )
  const lifted = (own: number, told: number) => Math.max(own, Math.min(told, LARGEST))
  const downSeq = lifted(node.downSeq, lastSeq)
  // Each instruction raises both numbers by one, and agents of released builds tell only one of them.
  const generation = lifted(node.generation + downSeq - node.downSeq, lastGeneration)
  draft.setNode(node.id, { downSeq, generation, upSeq: lifted(node.upSeq, confirmed) })
  for (const run of draft.runs) {
    if (run.nodeId !== node.id || run.state !== 'open' || run.id === openRun || run.seq > lastSeq) continue
    draft.setRun(run.id, { ...END_UNKNOWN, endedAt: draft.now.toISOString() })
    draft.removeStepProgress(run.id)
  }
}

const END_UNKNOWN = {
  state: 'failed',
  acknowledged: true,
  error: {
    code: 'run/end-unknown',
    message: 'the controller was restored from a backup, and the result of this run came after it',
    fix: 'repeat the command, e.g. controller cluster provision NAME: what is done is not done again',
  },
} as const
