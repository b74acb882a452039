import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { Instruction, SignedInstruction } from '../../protocol/wire/instruction.ts'

/** What the agent knows when an instruction comes in. */
export interface GateKnowledge {
  instructionKey: KeyObject
  nodeId: string
  /** Of the newest instruction that was taken. */
  lastGeneration: number
  /** The run that goes on now. */
  openRun: string | undefined
  now: Date
}

export type Verdict =
  | { kind: 'accepted'; instruction: Instruction }
  /** `run` is there where the answer can be addressed. */
  | { kind: 'refused'; run?: string; error: ErrorReport }

/** Ed25519 public key: SPKI DER in base64, as the credentials carry it. */
export function readInstructionKey(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
}

/**
 * Whether an instruction is carried out. The signature over the exact bytes is verified before anything in them is
 * looked at; then that it is for this node, newer than all that were taken before, not expired, and of a kind that
 * this agent knows.
 */
export async function judge(signed: SignedInstruction, knowledge: GateKnowledge): Promise<Verdict> {
  const { payload, signature } = signed
  if (!isSignedBy(knowledge.instructionKey, payload, signature)) {
    return refused(addressOf(payload), 'unsigned', 'found an instruction that the controller did not sign', SUSPICIOUS)
  }
  const { Instruction } = await import('../../protocol/wire/instruction.ts')
  const parsed = Instruction.safeParse(JSON.parse(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const found = `found an instruction that this agent does not know (${issue?.path.join('.')}: ${issue?.message})`
    return refused(addressOf(payload), 'unsupported', found, 'update the agent on this node')
  }
  const instruction = parsed.data
  const { run, node, generation, expiresAt } = instruction
  if (node !== knowledge.nodeId) {
    return refused(run, 'foreign', `found an instruction for ${node}; this node is ${knowledge.nodeId}`, SUSPICIOUS)
  }
  if (generation <= knowledge.lastGeneration) {
    const found = `found generation ${generation}; wanted one above ${knowledge.lastGeneration}`
    return refused(run, 'stale', found, 'nothing: it was carried out, or replaced by a newer one')
  }
  if (new Date(expiresAt) <= knowledge.now) {
    const found = `the instruction expired at ${expiresAt}; the clock here says ${knowledge.now.toISOString()}`
    return refused(run, 'expired', found, 'compare the clocks of node and controller, then provision again')
  }
  if (knowledge.openRun !== undefined) {
    const found = `found an instruction while run ${knowledge.openRun} goes on; one runs at a time`
    return refused(run, 'busy', found, 'wait until that run has ended, or cancel it')
  }
  return { kind: 'accepted', instruction }
}

export const SUSPICIOUS = 'find out who sent it: the controller of this node would not'

/** Ed25519 over the exact bytes. */
export function isSignedBy(key: KeyObject, payload: string, signature: string): boolean {
  return (
    key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64'))
  )
}

/** Where to send the refusal of what is not to be parsed; nothing else is taken from it. */
function addressOf(payload: string): string | undefined {
  return /"run":"(r-[a-z2-7]{10})"/.exec(payload)?.[1]
}

function refused(run: string | undefined, name: string, message: string, fix: string): Verdict {
  return {
    kind: 'refused',
    ...(run === undefined ? {} : { run }),
    error: { code: `instruction/${name}`, message, fix },
  }
}
