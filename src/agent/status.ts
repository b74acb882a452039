import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ErrorReport } from '../base/agent-error.ts'
import type { NodeState } from '../protocol/names.ts'
import { readIfThere } from './durable-file.ts'

/** What the service tells other processes on the node; gone when it ends. */
export interface ServiceStatus {
  state: NodeState | null
  nodeId: string | null
  /** Of the node's key. */
  fingerprint: string | null
  cluster: string | null
  controller: string | null
  connected: boolean
  run: { id: string; role: string; step: string | null; done: number; of: number } | null
  agentVersion: string
  kubernetesVersion: string | null
  /** Why it is not connected or enrolled; null when all is well. */
  problem: ErrorReport | null
}

export interface StatusFile {
  get(): Readonly<ServiceStatus>
  update(change: Partial<ServiceStatus>): void
}

/** Atomic but not durable: it lies in /run. */
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
