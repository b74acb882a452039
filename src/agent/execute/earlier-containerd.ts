import { AgentError } from '../../base/agent-error.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { replay } from '../../ledger/replay.ts'

/** Builds before ADR 24 installed it. A unit there that a package or a person brought is in no ledger of ours. */
const EARLIER_UNIT = '/etc/systemd/system/containerd.service'

/**
 * A kubelet whose sandboxes are in the containerd of an earlier build is not moved to another one while it runs. Throws
 * AgentError `containerd/earlier-build`; to be called before a provisioning run changes anything.
 */
export function refuseEarlierContainerd({ entries }: Pick<Ledger, 'entries'>): void {
  if (!replay(entries()).outstanding.some(({ undo }) => 'path' in undo && undo.path === EARLIER_UNIT)) return
  throw new AgentError(
    'containerd/earlier-build',
    `found ${EARLIER_UNIT}, by which an earlier version of the agent provisioned this node; wanted a node that was reset since, for Kubernetes now has a containerd of its own`,
    {
      fix: 'on this node: agent reset; then: controller node configure NODE --role …, and controller cluster provision CLUSTER',
      kind: 'refused',
    },
  )
}
