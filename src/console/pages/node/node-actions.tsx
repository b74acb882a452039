import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { nodeQuery } from '../../data/queries.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { ApproveNodes } from '../../parts/nodes/approve-nodes.tsx'
import { ConfigureNodes } from '../../parts/nodes/configure-nodes.tsx'
import { RemoveNodes } from '../../parts/nodes/remove-nodes.tsx'
import { whyNotApprove, whyNotConfigure, whyNotRemove } from '../../parts/nodes/why-not.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'

type Deed = 'approve' | 'configure' | 'remove'

/** What can be done with a node. A button that cannot be used says why. `project`: of its cluster. */
export function NodeActions({ node, project }: { node: NodeDetail; project: string | null }) {
  const may = useWhyNot()
  const queries = useQueryClient()
  const [deed, setDeed] = useState<Deed>()
  const close = () => {
    setDeed(undefined)
    void queries.invalidateQueries({ queryKey: nodeQuery(node.id).queryKey })
  }
  const byOperator = may('operate', project)
  const byRemover = byOperator === undefined ? undefined : may('approve', project) && byOperator
  const dialog = { nodes: [node], onClose: close }
  return (
    <div className="buttons">
      <ActionButton
        variant={node.state === 'DISCOVERED' ? 'primary' : 'secondary'}
        whyNot={may('approve', project) ?? whyNotApprove(node)}
        onClick={() => setDeed('approve')}
      >
        Approve
      </ActionButton>
      <ActionButton
        variant={node.state === 'APPROVED' ? 'primary' : 'secondary'}
        whyNot={byOperator ?? whyNotConfigure(node)}
        onClick={() => setDeed('configure')}
      >
        Configure
      </ActionButton>
      <ActionButton
        variant="secondary"
        isDanger
        whyNot={byRemover ?? whyNotRemove(node)}
        onClick={() => setDeed('remove')}
      >
        Remove
      </ActionButton>
      {deed === 'approve' && <ApproveNodes {...dialog} />}
      {deed === 'configure' && <ConfigureNodes {...dialog} />}
      {deed === 'remove' && <RemoveNodes {...dialog} />}
    </div>
  )
}
