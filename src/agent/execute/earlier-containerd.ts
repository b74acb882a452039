import { AgentError } from '../../base/agent-error.ts'
import { UNITS } from '../../base/kubernetes-paths.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { replay } from '../../ledger/replay.ts'

/** Builds before ADR 24 installed this unit. A unit from a package or an administrator is not in Cantrip's ledger. */
const EARLIER_UNIT = `${UNITS}/containerd.service`

/**
 * Refuses to move a running kubelet, whose sandboxes are in the containerd of an earlier build, to another containerd.
 * Throws AgentError `containerd/earlier-build`. Call it before a provisioning run changes anything.
 */
export function refuseEarlierContainerd({ entries }: Pick<Ledger, 'entries'>): void {
  if (!replay(entries()).outstanding.some(({ undo }) => 'path' in undo && undo.path === EARLIER_UNIT)) return
  throw new AgentError(
    'containerd/earlier-build',
    `found ${EARLIER_UNIT}, which an earlier version of the agent installed; this version runs its own containerd and needs a node that was reset first`,
    {
      fix: 'on this node: agent reset; then: controller node configure NODE --role …, and controller cluster provision CLUSTER',
      kind: 'refused',
    },
  )
}
