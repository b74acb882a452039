import type { KeyObject } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import type { LinkStore } from '../link/link-state.ts'
import type { SessionHandlers } from '../link/session.ts'
import type { Log } from '../log.ts'
import type { RunKeeper } from '../service/run-keeper.ts'
import { openSigned, type SignedKind } from './open-signed.ts'

export interface InstructionsOptions {
  instructionKeys(): readonly KeyObject[]
  nodeId: string
  link: LinkStore
  runs: RunKeeper
  log: Log
  now(): Date
}

export const INSTRUCTION: SignedKind<Instruction> = {
  code: 'instruction',
  noun: 'instruction',
  schema: async () => (await import('../../protocol/wire/instruction.ts')).Instruction,
}

/**
 * Accepts instructions: each is durable before it is acknowledged, and then started. A repeated message is acknowledged
 * again and has no further effect. An instruction that is not accepted is answered with the outcome `refused`.
 */
export function instructionTaker(options: InstructionsOptions): SessionHandlers['instruct'] {
  const { link, runs, log, now } = options
  return async ({ seq, body }) => {
    const { lastSeq, lastGeneration } = link.state()
    if (seq > 0 && seq <= lastSeq) return
    const openRun = link.open()?.run
    const objection = objectionOf(lastGeneration, openRun)
    const opened = await openSigned(INSTRUCTION, body, { ...options, now: now(), objection })
    if (opened.kind === 'refused') {
      const run = runIn(body.payload)
      // Not for the run in progress: the controller would take the refusal as its end.
      if (run !== undefined && run !== openRun) runs.refuse(run, opened.error)
      else log('error', `refused: ${opened.error.message} (${opened.error.code})`)
      link.update({ lastSeq: Math.max(lastSeq, seq) })
      return
    }
    const instruction = opened.body
    const { run, role, generation } = instruction
    const version = role === 'reset' ? {} : { kubernetesVersion: instruction.params.cluster.kubernetesVersion }
    link.accept({ seq, run, role, generation, signed: body, ...version })
    log('info', `accepted: ${role}, generation ${generation}`, run)
    runs.start()
  }
}

/** Instructions are numbered by generation, and one runs at a time. */
export function objectionOf(lastGeneration: number, openRun: string | undefined) {
  return ({ generation }: Instruction): ErrorReport | undefined => {
    if (generation <= lastGeneration) {
      const message = `received generation ${generation}; expected one above ${lastGeneration}`
      return { code: 'instruction/stale', message, fix: 'none needed: it was carried out, or a newer one replaced it' }
    }
    if (openRun === undefined) return undefined
    const message = `received an instruction while run ${openRun} is in progress; one runs at a time`
    return { code: 'instruction/busy', message, fix: 'wait until that run has ended, or cancel it' }
  }
}

/** The run to which a refusal is sent, read without trusting the rest of the payload. */
function runIn(payload: string): string | undefined {
  return /"run":"(r-[a-z2-7]{10})"/.exec(payload)?.[1]
}
