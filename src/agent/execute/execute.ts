import type { KeyObject } from 'node:crypto'
import { AgentError, reportOf } from '../../base/agent-error.ts'
import type { Emit, Outcome } from '../../engine/event.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import { requireConfig } from '../config.ts'
import { INSTRUCTION } from '../gate/instructions.ts'
import { openSigned } from '../gate/open-signed.ts'
import { type NodeIdentity, readIdentity } from '../identity/identity.ts'
import { nodeIdOf } from '../identity/node-names.ts'
import { everTrustedKeysOf, instructionKeysOf } from '../identity/trust.ts'
import { readOpenInstruction } from '../link/link-state.ts'
import type { AgentPaths } from '../paths.ts'
import { openWorkspace } from '../restore/open-workspace.ts'
import { afterSnapshot, observerOf } from '../restore/snapshots.ts'
import type { Workspace } from '../restore/workspace.ts'
import { requireClosedBundle } from './closed-bundle.ts'
import { refuseEarlierContainerd } from './earlier-containerd.ts'
import { peersOf, provisionParamsOn } from './provision-params.ts'

export interface ExecuteOptions {
  paths: AgentPaths
  emit: Emit
  signal: AbortSignal
}

const PREDECESSOR_MS = 60_000

/** Carries out the open instruction. Every failure is emitted as an event, because the service forwards events. */
export async function execute(options: ExecuteOptions): Promise<Outcome> {
  const { emit, paths } = options
  try {
    const { instruction, identity } = await readInstruction(paths)
    // The process that a killed service started may still be ending.
    const workspace = await openWorkspace(paths, PREDECESSOR_MS, options.signal)
    try {
      const at = workspace.machine.now().toISOString()
      for (const message of workspace.ledger.repairs) emit({ kind: 'log', at, level: 'warn', message })
      return await carryOut(instruction, identity, workspace, options)
    } finally {
      await workspace.ledger.close()
    }
  } catch (error) {
    const at = new Date().toISOString()
    if (options.signal.aborted) {
      emit({ kind: 'run-ended', at, outcome: 'cancelled', ms: 0 })
      return 'cancelled'
    }
    if (!(error instanceof AgentError) && error instanceof Error) {
      emit({ kind: 'log', at, level: 'error', message: error.stack ?? error.message })
    }
    emit({ kind: 'run-ended', at, outcome: 'failed', ms: 0, error: reportOf(error) })
    return 'failed'
  }
}

interface Verified {
  instruction: Instruction
  identity: NodeIdentity
}

/** The open instruction. Verifies the signature again: an accepted instruction could have been changed on disk. */
export const readInstruction = (paths: AgentPaths): Promise<Verified> =>
  verify(paths, paths.instructionFile, instructionKeysOf(paths, requireConfig(paths)))

/** The last instruction that made this machine a node. The key that signed it may have been replaced since. */
export const readCarriedOut = (paths: AgentPaths): Promise<Verified> =>
  verify(paths, paths.provisionedFile, everTrustedKeysOf(paths, requireConfig(paths)))

async function verify(paths: AgentPaths, file: string, keys: readonly KeyObject[]): Promise<Verified> {
  const open = readOpenInstruction(file)
  const identity = readIdentity(paths)
  if (!open || !identity) {
    throw new AgentError('instruction/none', 'this node has no pending instruction', {
      fix: 'none needed: the controller sends an instruction when there is work',
      kind: 'invalid',
    })
  }
  // The time limit applies when an instruction is accepted, not while it is carried out.
  const knowledge = { instructionKeys: () => keys, nodeId: nodeIdOf(identity, paths), now: new Date(0) }
  const opened = await openSigned(INSTRUCTION, open.signed, knowledge)
  if (opened.kind === 'opened') return { instruction: opened.body, identity }
  const { code, message, fix } = opened.error
  throw new AgentError(code, message, { fix, kind: 'refused' })
}

async function carryOut(
  instruction: Instruction,
  identity: NodeIdentity,
  workspace: Workspace,
  { paths, emit, signal }: ExecuteOptions,
): Promise<Outcome> {
  const { run } = instruction
  const { machine, ledger } = workspace
  switch (instruction.role) {
    case 'reset': {
      const { undoAndCompare } = await import('../restore/undo-changes.ts')
      const options = { paths, scope: 'kubernetes', run, emit, signal, observer: observerOf(machine) } as const
      const { report, compared } = await undoAndCompare(workspace, options)
      for (const { what, before, after, fix } of compared.differences) {
        const message = `difference: ${what} was ${before}, is ${after}\n  fix: ${fix}`
        emit({ kind: 'log', at: machine.now().toISOString(), level: 'warn', message })
      }
      return report.outcome
    }
    case 'first-master':
    case 'master':
    case 'worker':
    case 'renew':
    case 'upgrade':
    case 'add-ons':
    case 'restore-etcd': {
      refuseEarlierContainerd(ledger)
      const { runWorkflow } = await import('../../engine/run-workflow.ts')
      const { workflowOf } = await import('../../roles/workflows.ts')
      const { hostFor } = afterSnapshot(workspace, paths, 'kubernetes')
      const host = hostFor(async ({ kind, what, undo }) => {
        await ledger.append({ kind: 'change', run, step: 'bundle/fetch', change: kind, what, undo })
      })
      const peers = peersOf(paths, instruction, { tls: identity, host, emit, signal })
      try {
        const params = await provisionParamsOn(paths, instruction, { tls: identity, host, signal, peers })
        await requireClosedBundle(machine, params, instruction.role)
        const outcome = await runWorkflow({
          workflow: workflowOf(instruction.role, params.task),
          params,
          run,
          view: machine,
          hostFor,
          ledger,
          emit,
          signal,
        })
        if (outcome === 'done') await peers.discard()
        return outcome
      } finally {
        await peers.close()
      }
    }
  }
}
