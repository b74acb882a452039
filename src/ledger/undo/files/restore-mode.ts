import type { CarryOut } from '../result.ts'

export const restoreMode: CarryOut<'restore-mode'> = async ({ path, mode, written }, machine) => {
  const now = await machine.stat(path)
  if (now === undefined || now.kind === 'symlink' || now.mode === mode) return undefined
  if (written !== undefined && now.mode !== written) {
    return {
      kept: `the mode of ${path} was changed to ${now.mode.toString(8)} since Cantrip set it; before, it was ${mode.toString(8)}`,
    }
  }
  await machine.setMode(path, mode)
  return undefined
}
