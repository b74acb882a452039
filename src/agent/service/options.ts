import type { NetworkView } from '../../host/network.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import type { Self } from '../self.ts'
import type { Notifier } from './sd-notify.ts'

/** What the service is started with, and hands to its parts. */
export interface ServiceOptions {
  paths: AgentPaths
  self: Self
  agentVersion: string
  bootId: string
  /** Asked for when there is something to enrol. */
  network(): Promise<NetworkView>
  notifier: Notifier
  log: Log
  redact(text: string): string
  /** A secret that `redact` and `log` are to take out from now on. */
  hide(secret: string): void
  facts(): Promise<Facts | undefined>
  now(): Date
  monotonicMs(): number
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  silenceMs?: number
  signal: AbortSignal
}
