import type { LinkStore } from '../link/link-state.ts'
import type { SessionOptions } from '../link/session.ts'
import type { Log } from '../log.ts'
import type { RunKeeper } from '../service/run-keeper.ts'
import { type GateKnowledge, judge } from './instruction-gate.ts'

export interface InstructionsOptions {
  instructionKey: GateKnowledge['instructionKey']
  nodeId: string
  link: LinkStore
  runs: RunKeeper
  log: Log
  now(): Date
}

/**
 * Takes an instruction in: durable before it is acknowledged, started after that. A message that was taken before is
 * acknowledged again and has no further effect; whatever is not to be carried out is answered with `refused`.
 */
export function instructionTaker(options: InstructionsOptions): SessionOptions['onInstruct'] {
  const { instructionKey, nodeId, link, runs, log, now } = options
  return async ({ seq, body }) => {
    const { lastSeq, lastGeneration } = link.state()
    if (seq > 0 && seq <= lastSeq) return
    const openRun = link.open()?.run
    const verdict = await judge(body, { instructionKey, nodeId, lastGeneration, openRun, now: now() })
    if (verdict.kind === 'refused') {
      // Where it names the run that goes on, the refusal would end that one at the controller.
      if (verdict.run !== undefined && verdict.run !== openRun) runs.refuse(verdict.run, verdict.error)
      else log('error', `refused: ${verdict.error.message} (${verdict.error.code})`)
      link.update({ lastSeq: Math.max(lastSeq, seq) })
      return
    }
    const { instruction } = verdict
    const { run, role, generation } = instruction
    const version = role === 'reset' ? {} : { kubernetesVersion: instruction.params.cluster.kubernetesVersion }
    link.accept({ seq, run, role, generation, signed: body, ...version })
    log('info', `accepted: ${role}, generation ${generation}`, run)
    runs.start()
  }
}
