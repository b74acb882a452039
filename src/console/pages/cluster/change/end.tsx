import { Card, CardBody, CardFooter, CardTitle, Checkbox, Stack, StackItem } from '@patternfly/react-core'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { answerOf, api } from '../../../data/client.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { TypedName } from '../../../parts/values/typed-name.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { useChange } from '../work/use-change.ts'

const VOLUMES_STAY = 'Volumes on disks for storage stay.'

/** The ways to end a cluster; each asks for its name. */
export default function End({ cluster: { name, project, state }, nodes }: ClusterTabProps) {
  const [deed, begin] = useState<'reset' | 'delete'>()
  const whyNot = useWhyNot()('operate', project)
  const isBusy = state === 'RESETTING' ? `Cluster ${name} is being reset already.` : undefined
  const isBare = nodes.every((node) => node.run === null && (node.state === 'DISCOVERED' || node.state === 'APPROVED'))
  const close = () => begin(undefined)
  return (
    <Stack hasGutter>
      <StackItem>
        <Card>
          <CardTitle component="h2">Reset</CardTitle>
          <CardBody>
            Removes Kubernetes and all its data from the nodes, which stay enrolled. Their machines are as they were
            before. {VOLUMES_STAY}
          </CardBody>
          <CardFooter>
            <ActionButton
              variant="danger"
              whyNot={whyNot ?? isBusy ?? (isBare ? 'No node has Kubernetes: there is nothing to reset.' : undefined)}
              onClick={() => begin('reset')}
            >
              Reset cluster
            </ActionButton>
          </CardFooter>
        </Card>
      </StackItem>
      <StackItem>
        <Card>
          <CardTitle component="h2">Delete</CardTitle>
          <CardBody>
            Deletes the cluster and its nodes from the controller. Reset the cluster first, so that no machine keeps
            Kubernetes.
          </CardBody>
          <CardFooter>
            <ActionButton variant="danger" whyNot={whyNot} onClick={() => begin('delete')}>
              Delete cluster
            </ActionButton>
          </CardFooter>
        </Card>
      </StackItem>
      {deed === 'reset' && <Reset name={name} onClose={close} />}
      {deed === 'delete' && <Delete name={name} onClose={close} />}
    </Stack>
  )
}

function Reset({ name, onClose }: { name: string; onClose: () => void }) {
  const reset = useChange(
    () => answerOf(api.POST('/v1/clusters/{name}/reset', { params: { path: { name } } })),
    onClose,
  )
  return (
    <TypedName
      name={name}
      title="Reset cluster"
      error={reset.error}
      isBusy={reset.isPending}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      All workloads and their data on these nodes are lost. {VOLUMES_STAY}
    </TypedName>
  )
}

function Delete({ name, onClose }: { name: string; onClose: () => void }) {
  const [isForced, force] = useState(false)
  const leave = useNavigate()
  const query = isForced ? { force: '1' as const } : {}
  const deletion = useChange(
    () => answerOf(api.DELETE('/v1/clusters/{name}', { params: { path: { name }, query } })),
    () => leave('/clusters'),
  )
  return (
    <TypedName
      name={name}
      title="Delete cluster"
      error={deletion.error}
      isBusy={deletion.isPending}
      onConfirm={() => deletion.mutate()}
      onClose={onClose}
      more={
        <Checkbox
          id="delete-force"
          label="Even if Kubernetes runs on its nodes"
          description="The machines keep Kubernetes, and the controller forgets them."
          isChecked={isForced}
          onChange={(_, is) => force(is)}
        />
      }
    >
      The controller forgets the cluster, its nodes and its credentials.
    </TypedName>
  )
}
