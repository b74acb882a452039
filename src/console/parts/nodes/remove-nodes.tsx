import { Checkbox, List, ListItem, Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useState } from 'react'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { answerOf, api } from '../../data/client.ts'
import { DialogFooter } from '../values/dialog-footer.tsx'
import { counted } from '../values/formats.ts'
import { NodeFailures } from './node-failures.tsx'
import { useEachNode } from './use-each-node.ts'

interface RemoveNodesProps {
  nodes: readonly NodeView[]
  onClose: () => void
}

export function RemoveNodes({ nodes, onClose }: RemoveNodesProps) {
  const [isForced, force] = useState(false)
  const removal = useEachNode(
    ({ id }) =>
      answerOf(api.DELETE('/v1/nodes/{id}', { params: { path: { id }, query: isForced ? { force: '1' } : {} } })),
    onClose,
  )
  const left = nodes.filter((node) => !removal.data?.done.includes(node))
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="remove-title">
      <ModalHeader
        title={`Remove ${counted(left.length, 'node')}?`}
        titleIconVariant="warning"
        labelId="remove-title"
        description="The pods of a node move to other nodes, it leaves its cluster, and its machine is restored to what it was before. Volumes on disks for storage stay."
      />
      <ModalBody>
        <NodeFailures outcome={removal.data} verb="removed" />
        <List>
          {left.map(({ id, name, cluster, roles, state }) => (
            <ListItem key={id}>
              {name} of cluster {cluster}: {roles.join(', ') || 'no role'}, {state}
            </ListItem>
          ))}
        </List>
        <Checkbox
          className="after"
          id="remove-force"
          label="The machine no longer exists: delete only the record"
          description="At once, and without moving its pods. A machine that is still there keeps Kubernetes."
          isChecked={isForced}
          onChange={(_, isOn) => force(isOn)}
        />
      </ModalBody>
      <DialogFooter
        verb="Remove"
        isDanger
        isBusy={removal.isPending}
        act={() => removal.mutate(left)}
        onClose={onClose}
      />
    </Modal>
  )
}
