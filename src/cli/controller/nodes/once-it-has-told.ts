import { setTimeout as sleep } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'

const PAUSE_MS = 250
const PAUSES = 120

/**
 * A node tells about itself a moment after it was approved; a script that configures it at once need not know that.
 * Tries for half a minute, then the controller's refusal stands.
 */
export async function onceItHasTold<T>(attempt: () => Promise<T>, pause = () => sleep(PAUSE_MS)): Promise<T> {
  for (let left = PAUSES; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'node/no-facts') || left === 0) throw error
    }
    await pause()
  }
}
