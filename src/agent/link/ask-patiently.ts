import type * as z from 'zod/mini'
import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import type { AgentConfig } from '../config.ts'
import { askController, type Question } from './ask-controller.ts'

export interface PatientQuestion extends Pick<Question, 'path' | 'body' | 'tls' | 'timeoutMs'> {
  config: Pick<AgentConfig, 'urls' | 'proxy'>
  host: HostView
  signal: AbortSignal
}

const TRIES = 40
const PAUSE_MS = 3_000

/** As askController; a controller that is restarted meanwhile is waited for, up to two minutes. */
export async function askPatiently<T extends z.ZodMiniType>(
  { config, host, signal, ...question }: PatientQuestion,
  schema: T,
): Promise<z.output<T>> {
  for (let attempt = 1; ; attempt++) {
    const url = config.urls[attempt % config.urls.length] ?? ''
    try {
      return await askController({ ...question, url, proxy: config.proxy, network: host.network }, schema)
    } catch (error) {
      const isAway = error instanceof AgentError && AWAY.includes(error.code)
      if (!isAway || attempt === TRIES) throw error
    }
    await host.sleep(PAUSE_MS, signal)
  }
}

/** It is down, or so new that it cannot serve yet. */
const AWAY: readonly string[] = ['controller/unreachable', 'controller/failed', 'bug']
