import { AgentError } from '../../base/agent-error.ts'
import { command, remarked } from '../../base/command.ts'
import type { NodeState } from '../../protocol/names.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { readIfThere, removeDurably, writeDurably } from '../durable-file.ts'
import type { AgentPaths } from '../paths.ts'

/** What the service must remember of the controller over a restart. */
export interface LinkState {
  /** Highest numbered message of the controller that was taken. */
  lastSeq: number
  lastGeneration: number
  state: NodeState | undefined
  kubernetesVersion: string | undefined
}

/** The instruction that is being carried out, as it was signed. */
export interface OpenInstruction {
  seq: number
  run: string
  role: Instruction['role']
  generation: number
  /** Which Kubernetes is there once it is done. */
  kubernetesVersion?: string
  signed: Signed
}

export interface LinkStore {
  state(): Readonly<LinkState>
  open(): OpenInstruction | undefined
  /** Durable when it returns; acknowledged after that. */
  accept(instruction: OpenInstruction): void
  update(change: Partial<LinkState>): void
  /** The result is in the outbox: the instruction has had its effect. */
  finish(): void
}

export function openLinkStore(paths: Pick<AgentPaths, 'linkFile' | 'instructionFile'>): LinkStore {
  let open = readJson<OpenInstruction>(paths.instructionFile)
  let state: LinkState = {
    lastSeq: 0,
    lastGeneration: 0,
    state: undefined,
    kubernetesVersion: undefined,
    ...readJson<Partial<LinkState>>(paths.linkFile),
  }
  // Between the two files of `accept` a power cut may have come.
  if (open && open.generation > state.lastGeneration) {
    state = { ...state, lastSeq: Math.max(state.lastSeq, open.seq), lastGeneration: open.generation }
  }

  const update = (change: Partial<LinkState>) => {
    const next = { ...state, ...change }
    if (JSON.stringify(next) === JSON.stringify(state)) return
    writeDurably(paths.linkFile, `${JSON.stringify(next)}\n`)
    state = next
  }

  return {
    state: () => state,
    open: () => open,
    accept(instruction) {
      writeDurably(paths.instructionFile, `${JSON.stringify(instruction)}\n`)
      open = instruction
      update({ lastSeq: instruction.seq, lastGeneration: instruction.generation })
    },
    update,
    finish() {
      removeDurably(paths.instructionFile)
      open = undefined
    },
  }
}

export function readOpenInstruction(path: string): OpenInstruction | undefined {
  return readJson<OpenInstruction>(path)
}

/** For whoever takes all back: what cannot be read can wait for nothing. */
export function dropDamaged({ linkFile, instructionFile }: Pick<AgentPaths, 'linkFile' | 'instructionFile'>): void {
  for (const path of [linkFile, instructionFile]) {
    try {
      readJson(path)
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      removeDurably(path)
    }
  }
}

/** Files that only this program writes, atomically and for root alone: their form is known, unless the disk failed. */
function readJson<T extends object>(path: string): T | undefined {
  const text = readIfThere(path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as T
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new AgentError('state/damaged', `${path} is damaged: found no JSON object, wanted what the agent wrote there`, {
    fix: remarked(
      command`rm ${path}`,
      'the agent takes up its work again by itself; where an instruction was open, provision again',
    ),
    kind: 'invalid',
  })
}
