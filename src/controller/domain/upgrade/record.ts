import type { ErrorReport } from '../../../base/agent-error.ts'
import type { EtcdHealth, OnBlocked } from '../../../protocol/wire/operation.ts'

/** An upgrade of a cluster. It stays in the record when it has ended, with the versions of the nodes. */
export interface Upgrade {
  from: string
  /** One version for each minor version on the way; the last one is the target. */
  rounds: string[]
  /** Of a change of settings, which keeps the versions of the nodes: what changes, as `overrides.kubelet`, or `endpoint`. Absent: it is an upgrade. */
  settings?: string[]
  /** Of an upgrade: what a change of settings that was cancelled before it has not changed on all nodes. */
  unfinished?: string[]
  /** Index of the present round. */
  round: number
  state: UpgradeState
  /** How many workers are upgraded at a time: a number, or a percentage such as `20%`. */
  maxUnavailable: string
  drain: { seconds: number; onBlocked: OnBlocked }
  /** The nodes of the cluster when it began. */
  nodes: UpgradedNode[]
  /** Whether a master has looked at what the present round would break. */
  isChecked: boolean
  /** Whether the objects of the cluster are those of the present round. */
  addOns: 'due' | 'running' | 'done'
  etcd: { at: string; members: EtcdHealth[] } | null
  /** What it waits for. */
  waitingFor: string | null
  error: ErrorReport | null
  beganAt: string
  endedAt: string | null
}

/** `failed`: it waits for a person, who resumes or cancels it. */
export type UpgradeState = 'running' | 'paused' | 'failed' | 'cancelling' | 'cancelled' | 'done'

export interface UpgradedNode {
  id: string
  name: string
  /** Of Kubernetes on the node. */
  version: string
  /** `settling`: its run is done, and it is not back in the cluster yet. */
  phase: 'waiting' | 'draining' | 'drained' | 'upgrading' | 'settling' | 'done'
  /** Set before a master is asked to cordon it, and until one has undone that. */
  isCordoned: boolean
  /** The value of the label by which workers are grouped; null without it. Absent in records of earlier builds. */
  group?: string | null
  /** When its drain, or its return to the cluster, has taken too long. ISO 8601. */
  deadline: string | null
  waitingFor: string | null
}
