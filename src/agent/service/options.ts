import type { NetworkView } from '../../host/network.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { MachineIds } from '../identity/machine.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import type { Self } from '../self.ts'
import type { Notifier } from './sd-notify.ts'

/** Options of the service and its parts. */
export interface ServiceOptions {
  paths: AgentPaths
  self: Self
  agentVersion: string
  machine: MachineIds
  /** Loaded only when it is needed, for example for enrolment. */
  network(): Promise<NetworkView>
  notifier: Notifier
  log: Log
  redact(text: string): string
  /** Adds a secret that `redact` and `log` remove from now on. */
  hide(secret: string): void
  facts(): Promise<Facts | undefined>
  /** Files of the certificates that the facts have, besides the agent's own. */
  certificateFiles: readonly string[]
  now(): Date
  monotonicMs(): number
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Called when all modules are loaded, and the service waits for instructions. */
  onWaiting?(): void
  silenceMs?: number
  signal: AbortSignal
}
