import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { EngineEvent } from '../../../engine/event.ts'
import { eventText } from '../../../report/event-text.ts'
import type { Log } from '../../log.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import type { When } from './when.ts'

/** Runs `agent renew-certificates` to its end, and writes its events to the log. */
export function renewalProcess(
  [command, ...before]: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  log: Log,
): (when: When, signal: AbortSignal) => Promise<boolean> {
  const options = instance === undefined ? [] : ['--instance', instance]
  return async (when, signal) => {
    const child = spawn(command, [...before, 'renew-certificates', when, ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const end = () => void child.kill('SIGTERM')
    signal.addEventListener('abort', end)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const text = eventText(JSON.parse(line) as EngineEvent)
      if (text) log(text.level, text.text)
    })
    const code = await new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(null))
      child.on('close', resolve)
    })
    signal.removeEventListener('abort', end)
    return code === 0
  }
}
