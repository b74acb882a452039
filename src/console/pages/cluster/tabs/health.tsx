import { Alert, Card, CardBody, CardTitle, Stack, StackItem } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ClusterHealth } from '../../../../protocol/api/clusters.ts'
import { healthQuery } from '../../../data/queries.ts'
import { Loaded } from '../../../parts/feedback/loaded.tsx'
import { ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { bytes } from '../../../parts/values/formats.ts'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import { Time } from '../../../parts/values/time.tsx'
import { OPERATOR } from '../../../parts/values/waits.ts'
import type { ClusterTabProps } from '../cluster-tab.ts'

/** Of etcd, as a master answers; of the nodes in Kubernetes, as the operator reports; and when certificates expire. */
export default function Health({ cluster }: ClusterTabProps) {
  const health = useQuery(healthQuery(cluster.name))
  return (
    <Loaded query={health} what="the health">
      {(found) => (
        <Stack hasGutter>
          {cluster.problems.map((problem) => (
            <StackItem key={`${problem.code} ${problem.node}`}>
              <ProblemAlert variant="warning" problem={problem} />
            </StackItem>
          ))}
          <Etcd health={found} />
          <Reported health={found} />
          <Certificates health={found} />
        </Stack>
      )}
    </Loaded>
  )
}

function Section({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <StackItem>
      <Card>
        <CardTitle component="h2">{title}</CardTitle>
        <CardBody className="wide">
          {note !== undefined && <p>{note}</p>}
          {children}
        </CardBody>
      </Card>
    </StackItem>
  )
}

function Rows({
  label,
  titles,
  rows,
}: {
  label: string
  titles: readonly string[]
  rows: readonly (readonly ReactNode[])[]
}) {
  return (
    <Table variant="compact" aria-label={label} gridBreakPoint="">
      <Thead>
        <Tr>
          {titles.map((title) => (
            <Th key={title}>{title}</Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.slice(0, 2).map(String).join(' ')}>
            {row.map((cell, at) => (
              <Td key={titles[at]} dataLabel={titles[at]}>
                {cell}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  )
}

function Etcd({ health: { etcd, etcdAt } }: { health: ClusterHealth }) {
  if (etcd === null) {
    return (
      <Section title="etcd" note="No master answers: either Kubernetes is not installed, or no master is connected.">
        {null}
      </Section>
    )
  }
  const rows = etcd.map(({ name, isHealthy, isLearner, isLeader, version, dbBytes }) => [
    name || 'a member that has not started',
    <StateLabel key="state" state={isHealthy ? 'healthy' : 'unhealthy'} />,
    isLearner ? 'learner' : isLeader ? 'leader' : 'member',
    version ?? '',
    dbBytes === undefined ? '' : bytes(dbBytes),
  ])
  const note = (
    <>
      {etcd.filter(({ isHealthy }) => isHealthy).length} of {etcd.length} members healthy, as of <Time at={etcdAt} />
    </>
  )
  return (
    <Section title="etcd" note={note}>
      <Rows label="Members of etcd" titles={['Name', 'Health', 'Role', 'Version', 'Database']} rows={rows} />
    </Section>
  )
}

function Reported({ health: { nodes, reportedAt, isCurrent } }: { health: ClusterHealth }) {
  if (nodes === null) {
    return (
      <Section title="Nodes in Kubernetes" note={`${OPERATOR} has not reported yet.`}>
        {null}
      </Section>
    )
  }
  const rows = nodes.map(({ name, ready, unhealthy }) => [
    name,
    <StateLabel key="state" state={!isCurrent ? 'UNKNOWN' : ready ? 'Ready' : 'NotReady'} />,
    unhealthy.filter((type) => type !== 'Ready').join(', '),
  ])
  const note = (
    <>
      Last report of {OPERATOR}: <Time at={reportedAt} />
    </>
  )
  return (
    <Section title="Nodes in Kubernetes" note={note}>
      {!isCurrent && (
        <Alert isInline component="p" variant="warning" title="The last report is old">
          The state of the nodes in Kubernetes is not known.
        </Alert>
      )}
      <Rows label="Nodes in Kubernetes" titles={['Name', 'State', 'Conditions']} rows={rows} />
    </Section>
  )
}

function Certificates({ health: { certificates } }: { health: ClusterHealth }) {
  const rows = certificates.map(({ name, node, owner, notAfter, renewedBy, state }) => [
    `${name}`,
    node ?? '',
    owner,
    <Time key="until" at={notAfter} />,
    renewedBy,
    <StateLabel key="state" state={state} />,
  ])
  return (
    <Section title="Certificates" note={certificates.length === 0 ? 'None yet' : 'The first to expire comes first.'}>
      {rows.length > 0 && (
        <Rows
          label="Certificates"
          titles={['Name', 'Node', 'Owner', 'Valid until', 'Renewed by', 'State']}
          rows={rows}
        />
      )}
    </Section>
  )
}
