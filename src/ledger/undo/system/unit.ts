import type { CarryOut } from '../result.ts'

export const unit: CarryOut<'unit'> = async ({ unit, before }, machine) => {
  const now = await machine.unitState(unit)
  const enabling = before.enabled !== undefined && before.enabled !== now.enabled
  const activating = before.active !== undefined && before.active !== now.active
  if (enabling || activating) {
    await machine.setUnit(unit, {
      ...(enabling && { enabled: before.enabled }),
      ...(activating && { active: before.active }),
    })
  }
  // A failed unit stays loaded in systemd after its file is removed. Fails harmlessly if systemd does not know the unit.
  if (before.active === false) await machine.ask(['systemctl', 'reset-failed', '--', unit])
  return undefined
}
