import { AgentError } from '../../../base/agent-error.ts'
import type { CarryOut } from '../result.ts'

/** A module in use stays, because another program uses it. */
export const module: CarryOut<'module'> = async ({ name }, machine) => {
  const directory = `/sys/module/${name.replaceAll('-', '_')}`
  if ((await machine.stat(directory)) === undefined) return undefined
  try {
    await machine.unloadModule(name)
    return undefined
  } catch (error) {
    if ((await machine.stat(directory)) === undefined) return undefined
    if (!(error instanceof AgentError) || error.code !== 'command/failed') throw error
    const why = error.message.split('\n').at(-1)
    return { kept: `kernel module ${name} is in use and stays until the next boot (${why})` }
  }
}
