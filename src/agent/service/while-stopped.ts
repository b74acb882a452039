import type { Machine } from '../../host/machine.ts'
import type { AgentPaths } from '../paths.ts'

/**
 * Runs `work` while the service is stopped, because a running service holds the ledger. If the service `stays`, it is
 * started again afterwards, also if an earlier try was killed in between: the unit is still enabled then.
 */
export async function whileStopped<T>(
  { unit }: Pick<AgentPaths, 'unit'>,
  machine: Pick<Machine, 'unitState' | 'setUnit'>,
  stays: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const { active, enabled } = await machine.unitState(unit)
  if (active) await machine.setUnit(unit, { active: false })
  try {
    return await work()
  } finally {
    if (stays && (active || enabled)) await machine.setUnit(unit, { active: true })
  }
}
