import { Card, CardBody, CardTitle, Flex, Progress } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { UpgradeView } from '../../../../protocol/api/clusters/upgrades.ts'
import { answerOf, api } from '../../../data/client.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { ErrorAlert, ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { Since } from '../../../parts/values/since.tsx'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import { useChange } from '../work/use-change.ts'

interface UpgradeStateProps {
  name: string
  project: string
  upgrade: UpgradeView
}

/** How far an upgrade, or a change of settings, has come. */
export function UpgradeState({ name, project, upgrade }: UpgradeStateProps) {
  const { from, to, settings, state, done, of, waitingFor, nodes, error, beganAt, endedAt } = upgrade
  const title = settings === null ? `From ${from} to ${to}` : `Change of ${settings.join(', ')}`
  return (
    <Card>
      <CardTitle component="h2">
        {title} <StateLabel state={state} />
      </CardTitle>
      <CardBody>
        {error && <ProblemAlert problem={error} />}
        <Progress aria-label={title} value={done} max={Math.max(1, of)} label={`${done} of ${of} nodes`} />
        <p>
          {waitingFor !== null && `waits for ${waitingFor}, `}
          <Since from={beganAt} to={endedAt} />
        </p>
        <div className="wide">
          <Table variant="compact" aria-label="Nodes of the upgrade" gridBreakPoint="">
            <Thead>
              <Tr>
                <Th>Node</Th>
                <Th>Version</Th>
                <Th>Phase</Th>
                <Th>Waits for</Th>
              </Tr>
            </Thead>
            <Tbody>
              {nodes.map((node) => (
                <Tr key={node.name}>
                  <Td>{node.name}</Td>
                  <Td>{node.version}</Td>
                  <Td>{node.phase}</Td>
                  <Td>{node.waitingFor ?? ''}</Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </div>
        <Steering name={name} project={project} state={state} />
      </CardBody>
    </Card>
  )
}

function Steering({ name, project, state }: { name: string; project: string; state: UpgradeView['state'] }) {
  const params = { path: { name } }
  const pause = useChange(() => answerOf(api.POST('/v1/clusters/{name}/upgrade/pause', { params })))
  const resume = useChange(() => answerOf(api.POST('/v1/clusters/{name}/upgrade/resume', { params })))
  const cancel = useChange(() => answerOf(api.POST('/v1/clusters/{name}/upgrade/cancel', { params })))
  const may = useWhyNot()('operate', project)
  const isOver = state === 'done' || state === 'cancelled' || state === 'cancelling'
  const over = isOver ? `It is ${state}.` : undefined
  const error = pause.error ?? resume.error ?? cancel.error
  return (
    <>
      {error && <ErrorAlert error={error} />}
      <Flex className="after">
        <ActionButton
          variant="secondary"
          whyNot={may ?? over ?? (state === 'running' ? undefined : `It is ${state} already.`)}
          isLoading={pause.isPending}
          onClick={() => pause.mutate()}
        >
          Pause
        </ActionButton>
        <ActionButton
          variant="secondary"
          whyNot={may ?? over ?? (state === 'running' ? 'It is running.' : undefined)}
          isLoading={resume.isPending}
          onClick={() => resume.mutate()}
        >
          Resume
        </ActionButton>
        <ActionButton
          variant="danger"
          whyNot={may ?? over}
          isLoading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </ActionButton>
      </Flex>
    </>
  )
}
