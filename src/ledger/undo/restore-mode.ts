import type { CarryOut } from './result.ts'

export const restoreMode: CarryOut<'restore-mode'> = async ({ path, mode }, machine) => {
  const now = await machine.stat(path)
  if (now !== undefined && now.kind !== 'symlink' && now.mode !== mode) await machine.setMode(path, mode)
  return undefined
}
