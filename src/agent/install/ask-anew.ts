import type { Machine } from '../../host/machine.ts'
import type { AgentPaths } from '../paths.ts'
import { readStatus } from '../status.ts'

/**
 * A service that was refused, or met nobody, asks again after up to a quarter of an hour. Who installs again has mended
 * something and wants to know now.
 */
export async function askAnew(
  { unit, statusFile }: Pick<AgentPaths, 'unit' | 'statusFile'>,
  machine: Pick<Machine, 'setUnit'>,
): Promise<void> {
  const status = readStatus(statusFile)
  if (!status?.problem || status.run !== null) return
  // Not a restart, over which the status of before would stay.
  await machine.setUnit(unit, { active: false })
  await machine.setUnit(unit, { active: true })
}
