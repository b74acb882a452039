import type { ErrorReport } from '../../base/agent-error.ts'
import type { Trust } from '../../protocol/wire/lists/trust.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { isUsable, readTrust, writeTrust } from '../identity/trust.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import { type Knowledge, openSigned, type SignedKind, SUSPICIOUS } from './open-signed.ts'

export interface TrustOptions extends Pick<Knowledge<Trust>, 'instructionKeys' | 'nodeId'> {
  paths: AgentPaths
  log: Log
  now(): Date
  /** Called after the new trust is durable. `spreadMs`: the node requests its next certificate within this time. */
  onTrust(spreadMs: number): void
}

const TRUST: SignedKind<Trust> = {
  code: 'trust',
  noun: 'list of trusted keys',
  schema: async () => (await import('../../protocol/wire/lists/trust.ts')).Trust,
}

/** Stores what the controller tells the node to trust. A list that is not accepted is logged, and changes nothing. */
export function trustTaker(options: TrustOptions): (signed: Signed) => Promise<void> {
  const { paths, log, onTrust } = options
  return async (signed) => {
    const present = readTrust(paths)?.generation ?? 0
    const opened = await openSigned(TRUST, signed, { ...options, now: options.now(), objection: objectionAt(present) })
    if (opened.kind === 'refused') return log('error', `refused: ${opened.error.message} (${opened.error.code})`)
    const { generation, authorities, instructionKeys, spreadMs } = opened.body
    if (generation === present) return
    writeTrust(paths, { generation, authorities, instructionKeys })
    log('info', `the controller's keys are rotated: the node trusts ${authorities.length} of its CAs`)
    onTrust(spreadMs)
  }
}

function objectionAt(present: number) {
  return (trust: Trust): ErrorReport | undefined => {
    if (trust.generation < present) {
      const message = `received the trusted keys of generation ${trust.generation}; the node has those of ${present}`
      return { code: 'trust/stale', message, fix: SUSPICIOUS }
    }
    if (isUsable(trust)) return undefined
    return { code: 'trust/unusable', message: 'received trusted keys that cannot be read', fix: SUSPICIOUS }
  }
}
