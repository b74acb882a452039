import { AgentError } from '../../../base/agent-error.ts'
import { ETCD_UNIT } from '../../../base/kubernetes-paths.ts'
import type { HostView } from '../../../host/host.ts'
import { isUnitActive } from '../../../host/units/is-unit-active.ts'
import { waitUntil } from '../../../host/units/wait-until.ts'
import { peerUrlOf } from '../../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../../provision/params.ts'
import type { ProvisionStep } from '../../../provision/provision.ts'
import { ownOf } from '../leftovers.ts'
import { addressOf, orderOf, restoredMembership } from './founder.ts'

const FOUNDER_MS = 900_000

/** Its data stays until the founder runs: after a failure, a repair starts it again. */
export const stopMember: ProvisionStep = {
  id: 'etcd/stop-member',
  title: 'Stopping etcd',
  async isDone(host, params) {
    const found = await restoredMembership(host, params)
    const hasJoined = found !== undefined && ownOf(found, params) !== undefined
    return hasJoined || !(await isUnitActive(host, ETCD_UNIT))
  },
  async apply(host) {
    await host.run(['systemctl', 'stop', ETCD_UNIT], { kind: 'nothing', because: 'it is started again' })
  },
}

/** One after another: etcd takes one learner at a time. */
export const awaitFounder: ProvisionStep = {
  id: 'etcd/await-founder',
  title: 'Waiting for the restored etcd',
  isDone: isNext,
  async apply(host, params, { signal }) {
    const { source, backup } = orderOf(params)
    // The backup does not have what was written after a recovery.
    const next =
      backup === null
        ? 'then: controller cluster provision NAME'
        : 'then restore again, or: controller cluster provision NAME, which starts everything again'
    const failure = async () =>
      new AgentError(
        'restore/no-founder',
        `the restored etcd on ${source} did not take this node in within 15 min; the data of this node is as before`,
        { fix: `see why on that node: controller node logs NODE; ${next}` },
      )
    await waitUntil(host, () => isNext(host, params), { signal, timeoutMs: FOUNDER_MS, failure })
  },
}

/** Whether the restored etcd runs, and every node before this one has its vote in it. */
async function isNext(host: HostView, params: ProvisionParams): Promise<boolean> {
  const found = await restoredMembership(host, params)
  if (found === undefined) return false
  const { nodes } = orderOf(params)
  const earlier = nodes.slice(0, nodes.indexOf(params.node.name)).map((name) => peerUrlOf(addressOf(params, name)))
  const votes = found.members.filter(({ name, isLearner }) => name !== '' && !isLearner)
  return earlier.every((url) => votes.some(({ peerUrl }) => peerUrl === url))
}
