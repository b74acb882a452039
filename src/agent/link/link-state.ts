import { AgentError } from '../../base/agent-error.ts'
import { command, remarked } from '../../base/command.ts'
import { readIfThere, removeDurably, renameDurably } from '../../base/durable-file.ts'
import type { NodeState } from '../../protocol/names.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import type { AgentPaths } from '../paths.ts'
import { writeStateFile } from '../state-file.ts'

/** What the service remembers about the controller over a restart. */
export interface LinkState {
  /** Sequence number of the last accepted message of the controller. */
  lastSeq: number
  lastGeneration: number
  state: NodeState | undefined
  kubernetesVersion: string | undefined
}

/** The instruction in progress, with its signed message. */
export interface OpenInstruction {
  seq: number
  run: string
  role: Instruction['role']
  generation: number
  /** The version of Kubernetes on the node after the instruction. */
  kubernetesVersion?: string
  signed: Signed
}

export interface LinkStore {
  state(): Readonly<LinkState>
  open(): OpenInstruction | undefined
  /** Durable when it returns, so that the message can be acknowledged. */
  accept(instruction: OpenInstruction): void
  update(change: Partial<LinkState>): void
  /**
   * Closes the open instruction, after its result is in the outbox. One that provisioned this node is kept: it says what the
   * node has to keep.
   */
  finish(outcome?: 'done'): void
  /** Forgets the instruction that was carried out, when Kubernetes is removed. */
  forget(): void
}

type LinkPaths = Pick<AgentPaths, 'linkFile' | 'instructionFile' | 'provisionedFile' | 'addedImagesFile'>

export function openLinkStore(paths: LinkPaths): LinkStore {
  let open = readJson(paths.instructionFile, isOpenInstruction)
  let state: LinkState = {
    lastSeq: 0,
    lastGeneration: 0,
    state: undefined,
    kubernetesVersion: undefined,
    ...readJson(paths.linkFile, isLinkState),
  }
  // After a power cut between the two writes of `accept`.
  if (open && open.generation > state.lastGeneration) {
    state = { ...state, lastSeq: Math.max(state.lastSeq, open.seq), lastGeneration: open.generation }
  }

  const update = (change: Partial<LinkState>) => {
    const next = { ...state, ...change }
    if (JSON.stringify(next) === JSON.stringify(state)) return
    writeStateFile(paths.linkFile, `${JSON.stringify(next)}\n`)
    state = next
  }

  // With containerd's directory go the images that people added.
  const forget = () => {
    removeDurably(paths.provisionedFile)
    removeDurably(paths.addedImagesFile)
  }

  return {
    state: () => state,
    open: () => open,
    accept(instruction) {
      if (instruction.role === 'reset') forget()
      writeStateFile(paths.instructionFile, `${JSON.stringify(instruction)}\n`)
      open = instruction
      update({ lastSeq: instruction.seq, lastGeneration: instruction.generation })
    },
    update,
    finish(outcome) {
      if (outcome === 'done' && open && isProvisioning(open)) {
        renameDurably(paths.instructionFile, paths.provisionedFile)
      } else removeDurably(paths.instructionFile)
      open = undefined
    },
    forget,
  }
}

/** Whether it says what the machine is afterwards. */
export function isProvisioning({ role }: Pick<OpenInstruction, 'role'>): boolean {
  return !['reset', 'renew', 'restore-etcd'].includes(role)
}

export function readOpenInstruction(path: string): OpenInstruction | undefined {
  return readJson(path, isOpenInstruction)
}

/** Removes damaged files, for a reset or an uninstallation. */
export function dropDamaged({ linkFile, instructionFile, provisionedFile }: LinkPaths): void {
  const files = [
    [linkFile, isLinkState],
    [instructionFile, isOpenInstruction],
    [provisionedFile, isOpenInstruction],
  ] as const
  for (const [path, isWhole] of files) {
    try {
      readJson<object>(path, isWhole)
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      removeDurably(path)
    }
  }
}

const isNumber = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown) => value === undefined || is(value)

function isLinkState(value: Partial<Record<keyof LinkState, unknown>>): value is Partial<LinkState> {
  const { lastSeq, lastGeneration, state, kubernetesVersion } = value
  const areNumbers = isAbsentOr(isNumber, lastSeq) && isAbsentOr(isNumber, lastGeneration)
  return areNumbers && isAbsentOr(isText, state) && isAbsentOr(isText, kubernetesVersion)
}

function isOpenInstruction(value: Partial<Record<keyof OpenInstruction, unknown>>): value is OpenInstruction {
  const { seq, run, role, generation, kubernetesVersion, signed } = value
  const { payload, signature } = (signed ?? {}) as Partial<Record<keyof Signed, unknown>>
  const areTexts = [run, role, payload, signature].every(isText) && isAbsentOr(isText, kubernetesVersion)
  return isNumber(seq) && isNumber(generation) && areTexts
}

/** Reads a file that only the agent writes, atomically. Its signed part is not checked. */
function readJson<T extends object>(path: string, isWhole: (value: object) => value is T): T | undefined {
  const text = readIfThere(path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && isWhole(value)) return value
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new AgentError('state/damaged', `${path} is damaged: it does not contain what the agent wrote`, {
    fix: remarked(
      command`rm ${path}`,
      'the agent then continues by itself; if an instruction was open, provision again',
    ),
    kind: 'invalid',
  })
}
