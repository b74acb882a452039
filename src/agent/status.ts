import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ErrorReport } from '../base/agent-error.ts'
import { readIfThere } from '../base/durable-file.ts'
import type { NodeState } from '../protocol/names.ts'

/** The service's status file for other processes on the node. systemd removes it when the service stops. */
export interface ServiceStatus {
  state: NodeState | null
  nodeId: string | null
  /** Fingerprint of the node's key. */
  fingerprint: string | null
  cluster: string | null
  controller: string | null
  connected: boolean
  run: { id: string; role: string; step: string | null; done: number; of: number } | null
  agentVersion: string
  kubernetesVersion: string | null
  /** Why the agent is not connected or enrolled, or null. */
  problem: ErrorReport | null
}

export interface StatusFile {
  get(): Readonly<ServiceStatus>
  update(change: Partial<ServiceStatus>): void
}

/** Writes are atomic but not durable, because the file is in /run. */
export function openStatusFile(path: string, agentVersion: string): StatusFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  let status: ServiceStatus = {
    state: null,
    nodeId: null,
    fingerprint: null,
    cluster: null,
    controller: null,
    connected: false,
    run: null,
    agentVersion,
    kubernetesVersion: null,
    problem: null,
  }
  return {
    get: () => status,
    update(change) {
      const next = { ...status, ...change }
      if (JSON.stringify(next) === JSON.stringify(status)) return
      status = next
      writeFileSync(`${path}.new`, `${JSON.stringify(status)}\n`, { mode: 0o644 })
      renameSync(`${path}.new`, path)
    },
  }
}

export function readStatus(path: string): ServiceStatus | undefined {
  const text = readIfThere(path)
  return text === undefined ? undefined : (JSON.parse(text) as ServiceStatus)
}
