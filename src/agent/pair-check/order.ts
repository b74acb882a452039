import type { ErrorReport } from '../../base/agent-error.ts'
import { PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import { type SignedKind, SUSPICIOUS } from '../gate/open-signed.ts'
import type { Taken } from '../gate/taken.ts'

export const ORDER: SignedKind<PairCheckOrder> = {
  code: 'pair-check',
  noun: 'order',
  schema: async () => PairCheckOrder,
}

/** Each order is accepted once, and none during a run. */
export function objectionOf(taken: Taken, isBusy: () => boolean) {
  return ({ check }: PairCheckOrder): ErrorReport | undefined => {
    if (taken.has(check)) {
      return { code: 'pair-check/replayed', message: `received the order ${check} a second time`, fix: SUSPICIOUS }
    }
    if (!isBusy()) return undefined
    const message = 'a run is in progress on this node and needs the ports'
    return { code: 'pair-check/busy', message, fix: 'retry when the run has ended' }
  }
}

/** The check to which a refusal is sent, read without trusting the rest of the payload. */
export function checkIdIn(payload: string): string | undefined {
  return /"check":"(p-[a-z2-7]{10})"/.exec(payload)?.[1]
}
