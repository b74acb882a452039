import type { CarryOut } from '../result.ts'

export const daemonReload: CarryOut<'daemon-reload'> = async (_undo, machine) => {
  await machine.daemonReload()
  return undefined
}
