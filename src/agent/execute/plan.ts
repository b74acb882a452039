import type { PlannedStep } from '../../engine/plan-workflow.ts'
import { openDurableLog } from '../../host/linux/files/durable-log.ts'
import { linuxMachine } from '../../host/linux/linux-machine.ts'
import { planningHost } from '../../host/planning.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { replay } from '../../ledger/replay.ts'
import { requireConfig } from '../config.ts'
import { readOpenInstruction } from '../link/link-state.ts'
import type { AgentPaths } from '../paths.ts'
import { backupsOf } from '../restore/open-workspace.ts'
import { isIn } from '../scope.ts'
import { readInstruction } from './execute.ts'
import { planLayout } from './peers/archive-layout.ts'
import type { Peers } from './peers/peers.ts'

/** The changes that the pending instruction would make; empty if none is pending. Makes no changes. */
export async function planInstruction(paths: AgentPaths, signal: AbortSignal): Promise<PlannedStep[]> {
  requireConfig(paths)
  if (!readOpenInstruction(paths.instructionFile)) return []
  const { instruction, identity } = await readInstruction(paths)
  if (instruction.role === 'reset') return [await planReset(paths)]
  const { planWorkflow } = await import('../../engine/plan-workflow.ts')
  const { workflowOf } = await import('../../roles/workflows.ts')
  const { bundleDirectoryOf, provisionParamsOn } = await import('./provision-params.ts')
  const planning = planningHost(linuxMachine(paths.layout), backupsOf(paths))
  const on = { tls: identity, host: planning.host, signal, peers: plannedPeers(bundleDirectoryOf(paths, instruction)) }
  const params = await provisionParamsOn(paths, instruction, on)
  // Planning must not make the controller sign a certificate.
  const dry = { ...params, requestOperatorCertificate: async () => '' }
  const fetched = [...planning.changes]
  const planned = await planWorkflow(workflowOf(instruction.role, params.task), dry, planning, signal)
  return [{ id: 'bundle/fetch', title: 'Fetching the list of the bundle', changes: fetched }, ...planned]
}

/** They connect to nobody, and change what the peers of a run would. */
function plannedPeers(directory: string): Pick<Peers, 'fetch' | 'fetched'> {
  return {
    fetch: async () => undefined,
    async fetched(by, file) {
      if (file.role === 'image') await planLayout(by, directory, file)
    },
  }
}

/** The changes that are still in effect, newest first, which a reset would undo. */
async function planReset(paths: AgentPaths): Promise<PlannedStep> {
  const ledger = await openLedger(await openDurableLog(paths.ledgerDirectory, 'ledger'))
  try {
    const outstanding = replay(ledger.entries()).outstanding.filter(({ step }) => isIn('kubernetes', step))
    const changes = outstanding.map(({ change, what, undo }) => ({ kind: change, what, undo }))
    return { id: 'undo/changes', title: `Undoing ${changes.length} changes`, changes }
  } finally {
    await ledger.close()
  }
}
