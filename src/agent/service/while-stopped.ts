import type { Machine } from '../../host/machine.ts'
import type { AgentPaths } from '../paths.ts'

/**
 * The service would go on working, and it holds the ledger while it does. Where it `stays`, it runs again afterwards,
 * also when an earlier try was killed in between: enabled it still is.
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
