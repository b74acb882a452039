import { DEFAULT_PROJECT } from '../../protocol/api/access.ts'
import type { Cluster, Node } from './records.ts'

/** A cluster that nobody has asked for yet. */
export function newCluster(
  given: Pick<Cluster, 'id' | 'name' | 'settings' | 'createdAt'> & Partial<Pick<Cluster, 'project'>>,
): Cluster {
  return {
    project: DEFAULT_PROJECT,
    ...given,
    state: 'NEW',
    desired: 'none',
    attempt: 0,
    repairAttempt: 0,
    desiredAt: null,
    readyAt: null,
    establishedAt: null,
    problems: [],
    endpoint: null,
    report: null,
    reportAt: null,
    unknownSince: null,
    etcd: null,
    gone: [],
    rules: null,
    pairs: null,
    upgrade: null,
    credentials: [],
    accesses: [],
    images: [],
    agentUpdate: null,
    operatorSince: null,
    error: null,
  }
}

/** A node that waits for its approval, and was not connected yet. */
export function newNode(
  given: Pick<Node, 'id' | 'clusterId' | 'name' | 'address' | 'createdAt'> &
    Partial<Pick<Node, 'warnings' | 'machine'>>,
): Node {
  return {
    warnings: [],
    machine: null,
    ...given,
    state: 'DISCOVERED',
    silent: 'no',
    leaving: 'no',
    place: 'none',
    rejoin: null,
    roles: [],
    interface: null,
    disks: [],
    labels: {},
    labelsDue: false,
    facts: null,
    ruling: 'open',
    agentVersion: '',
    bootId: '',
    error: null,
    alarms: [],
    operatorKeys: [],
    attempt: 0,
    generation: 0,
    upSeq: 0,
    downSeq: 0,
    approvedAt: null,
    configuredAt: null,
    lastSeen: given.createdAt,
  }
}
