import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { queryOptions, useQuery } from '@tanstack/react-query'
import type { ClusterPlan } from '../../../../protocol/api/clusters.ts'
import { answerOf, api } from '../../../data/client.ts'
import type { ClusterHead } from '../../../data/queries.ts'
import { Loaded } from '../../../parts/feedback/loaded.tsx'
import { ErrorAlert, ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { useChange } from './use-change.ts'

const planQuery = (name: string) =>
  queryOptions({
    queryKey: ['plan', name],
    staleTime: 0,
    queryFn: () => answerOf(api.GET('/v1/clusters/{name}/plan', { params: { path: { name } } })),
  })

/** Shows what would be done on which node, and does it. */
export function Provision({ cluster: { name }, onClose }: { cluster: ClusterHead; onClose: () => void }) {
  const plan = useQuery(planQuery(name))
  const start = useChange(
    () => answerOf(api.POST('/v1/clusters/{name}/provision', { params: { path: { name } } })),
    onClose,
  )
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="provision-title">
      <ModalHeader
        title={`Provision cluster ${name}?`}
        labelId="provision-title"
        description="Kubernetes is installed on configured nodes. FAILED nodes are tried again, and READY ones repaired if they need it."
      />
      <ModalBody>
        {start.isError && <ErrorAlert error={start.error} title="The cluster is not provisioned" />}
        <Loaded query={plan} what="the plan">
          {(found) => <Plan plan={found} />}
        </Loaded>
      </ModalBody>
      <ModalFooter>
        <ActionButton whyNot={whyNotStart(plan.data)} isLoading={start.isPending} onClick={() => start.mutate()}>
          Provision
        </ActionButton>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  )
}

function whyNotStart(plan: ClusterPlan | undefined): string | undefined {
  if (plan === undefined) return 'The plan is not loaded yet.'
  const [problem] = plan.problems
  return problem && `${problem.message}. ${problem.fix}`
}

function Plan({ plan: { bundle, nodes, problems } }: { plan: ClusterPlan }) {
  return (
    <>
      {problems.map((problem) => (
        <ProblemAlert key={problem.code + problem.message} problem={problem} />
      ))}
      {bundle !== null && <p>From the bundle {bundle}.</p>}
      <Table variant="compact" aria-label="What is done on each node" gridBreakPoint="">
        <Thead>
          <Tr>
            <Th>Node</Th>
            <Th>Task</Th>
            <Th>Because</Th>
          </Tr>
        </Thead>
        <Tbody>
          {nodes.map(({ id, name, role, because }) => (
            <Tr key={id}>
              <Td>{name}</Td>
              <Td>{role ?? 'none'}</Td>
              <Td>{because}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </>
  )
}
