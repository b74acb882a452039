import type { EngineEvent } from '../../../engine/event.ts'
import { eventText } from '../../../report/event-text.ts'
import type { Log } from '../../log.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import { ownProcess } from '../processes/own-process.ts'
import type { NothingDue, Renewal, When } from './when.ts'

/** Between SIGTERM and SIGKILL: the step that it carries out may end. */
const GRACE_MS = 60_000

/** Runs `agent renew-certificates` to its end, and writes its events to the log. */
export function renewalProcess(
  self: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  log: Log,
  graceMs = GRACE_MS,
): (when: When, signal: AbortSignal) => Promise<Renewal> {
  const options = instance === undefined ? [] : ['--instance', instance]
  return async (when, signal) => {
    let firstEnd: string | null | undefined
    const { isDone, how } = await ownProcess<EngineEvent | NothingDue>(self, ['renew-certificates', when, ...options], {
      ...{ signal, graceMs },
      onMessage(event) {
        if (event.kind === 'nothing-due') {
          firstEnd = event.firstEnd
          return
        }
        const text = eventText(event)
        if (text) log(text.level, text.text)
      },
    })
    if (!isDone && !signal.aborted) log('error', `the process that renews certificates failed: ${how}`)
    return { isDone, ...(firstEnd !== undefined && { firstEnd }) }
  }
}
