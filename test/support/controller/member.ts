import { newCluster, newNode } from '../../../src/controller/domain/new-records.ts'
import type { Cluster, Node, Run } from '../../../src/controller/domain/records.ts'
import type { Member } from '../../../src/controller/domain/situation.ts'
import type { Upgrade } from '../../../src/controller/domain/upgrade/record.ts'
import { ClusterSettings } from '../../../src/protocol/settings/cluster-settings.ts'

export const EARLY = '2026-01-01T00:00:00.000Z'

export const cluster = (changes: Partial<Cluster> = {}): Cluster => ({
  ...newCluster({ id: 'c-aaaaaaaaaa', name: 'demo', settings: ClusterSettings.parse({}), createdAt: EARLY }),
  ...changes,
})

/** One that was configured. Its place is what its run says. */
export const node = (changes: Partial<Node> = {}): Node => ({
  ...newNode({ id: 'n-aaaaaaaaaa', clusterId: 'c-aaaaaaaaaa', name: 'one', address: '10.0.0.1', createdAt: EARLY }),
  ...{
    state: 'CONFIGURED',
    roles: ['master', 'worker'],
    place: null,
    interface: 'eth0',
    agentVersion: '1',
    bootId: 'b',
  },
  ...{ approvedAt: EARLY, configuredAt: EARLY },
  ...changes,
})
export const run = (changes: Partial<Run> = {}): Run => ({
  id: 'r-aaaaaaaaaa',
  nodeId: 'n-aaaaaaaaaa',
  role: 'first-master',
  repair: false,
  generation: 1,
  seq: 1,
  payload: '',
  signature: '',
  state: 'open',
  acknowledged: true,
  cancel: false,
  progress: { of: 0, done: 0, current: {} },
  error: null,
  createdAt: EARLY,
  expiresAt: '2026-01-02T00:00:00.000Z',
  endedAt: null,
  ...changes,
})
/** Without nodes. */
export const upgrade = (changes: Partial<Upgrade> = {}): Upgrade => ({
  ...{ from: 'v1.35.4', rounds: ['v1.36.2'], round: 0, state: 'running', isChecked: false, addOns: 'due', etcd: null },
  ...{ maxUnavailable: '1', drain: { seconds: 60, onBlocked: 'wait' }, nodes: [] },
  ...{ waitingFor: null, error: null, beganAt: EARLY, endedAt: null },
  ...changes,
})
export const member = (
  n: Partial<Node>,
  r: Partial<Run> | null = null,
  silentMs = 0,
  repair: Partial<Run> | null = null,
): Member => ({
  node: node(n),
  run: r && run(r),
  repair: repair && run({ repair: true, ...repair }),
  silentMs,
})
