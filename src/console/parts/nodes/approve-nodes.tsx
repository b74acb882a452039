import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { answerOf, api } from '../../data/client.ts'
import { DialogFooter } from '../values/dialog-footer.tsx'
import { counted } from '../values/formats.ts'
import { NodeFailures } from './node-failures.tsx'
import { useEachNode } from './use-each-node.ts'

interface ApproveNodesProps {
  nodes: readonly NodeView[]
  onClose: () => void
}

/** Shows the fingerprints to compare with those that the machines print. */
export function ApproveNodes({ nodes, onClose }: ApproveNodesProps) {
  const approval = useEachNode(
    ({ id }) => answerOf(api.POST('/v1/nodes/{id}/approve', { params: { path: { id } } })),
    onClose,
  )
  const left = nodes.filter((node) => !approval.data?.done.includes(node))
  return (
    <Modal isOpen variant="large" onClose={onClose} aria-labelledby="approve-title">
      <ModalHeader
        title={`Approve ${counted(left.length, 'node')}?`}
        labelId="approve-title"
        description="Each machine prints its fingerprint when it registers, and with: cantrip-agent status. Approve a node only if both are the same."
      />
      <ModalBody>
        <NodeFailures outcome={approval.data} verb="approved" />
        <Table variant="compact" aria-label="Nodes to approve">
          <Thead>
            <Tr>
              <Th>Name</Th>
              <Th>Cluster</Th>
              <Th>Address</Th>
              <Th>Fingerprint</Th>
            </Tr>
          </Thead>
          <Tbody>
            {left.map(({ id, name, cluster, address, fingerprint }) => (
              <Tr key={id}>
                <Td dataLabel="Name">{name}</Td>
                <Td dataLabel="Cluster">{cluster}</Td>
                <Td dataLabel="Address">{address}</Td>
                <Td dataLabel="Fingerprint">
                  <code className="fingerprint">{fingerprint}</code>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </ModalBody>
      <DialogFooter verb="Approve" isBusy={approval.isPending} act={() => approval.mutate(left)} onClose={onClose} />
    </Modal>
  )
}
