import type { Machine } from '../../host/machine.ts'
import type { AgentPaths } from '../paths.ts'
import { readStatus } from '../status.ts'

/**
 * Restarts a service that reports a problem. It would retry only after up to 15 minutes, but an installation that is
 * repeated has probably fixed the problem.
 */
export async function retryNow(
  { unit, statusFile }: Pick<AgentPaths, 'unit' | 'statusFile'>,
  machine: Pick<Machine, 'setUnit'>,
): Promise<void> {
  const status = readStatus(statusFile)
  if (!status?.problem || status.run !== null) return
  // Stop and start, because the status file survives a restart (RuntimeDirectoryPreserve=restart).
  await machine.setUnit(unit, { active: false })
  await machine.setUnit(unit, { active: true })
}
