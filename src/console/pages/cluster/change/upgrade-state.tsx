import { Card, CardBody, CardTitle, Progress } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { UpgradeView } from '../../../../protocol/api/clusters/upgrades.ts'
import { ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { Since } from '../../../parts/values/since.tsx'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import { waitText } from '../../../parts/values/waits.ts'
import { Steering } from './steering.tsx'

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
          {waitingFor !== null && `waits for ${waitText(waitingFor)}, `}
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
                  <Td>{waitText(node.waitingFor ?? '')}</Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </div>
        <Steering name={name} project={project} state={state} what={settings === null ? 'upgrade' : 'change'} />
      </CardBody>
    </Card>
  )
}
