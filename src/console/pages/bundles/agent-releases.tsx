import { PageSection, Title } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { useQuery } from '@tanstack/react-query'
import { agentReleasesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { Time } from '../../parts/values/time.tsx'

const IMPORT = 'controller agents import DIRECTORY --data DATA_DIRECTORY'

/** The releases of the agent to which clusters can be updated. */
export function AgentReleases() {
  const releases = useQuery(agentReleasesQuery)
  return (
    <PageSection>
      <Title headingLevel="h2" size="lg">
        Releases of the agent
      </Title>
      <Loaded query={releases} what="the releases of the agent">
        {(found) =>
          found.length === 0 ? (
            <p className="after">None is imported. Import one to update the agents of a cluster:</p>
          ) : (
            <Table variant="compact" aria-label="Releases of the agent">
              <Thead>
                <Tr>
                  <Th>Version</Th>
                  <Th>Architectures</Th>
                  <Th>Built</Th>
                </Tr>
              </Thead>
              <Tbody>
                {found.map(({ id, version, arch, createdAt }) => (
                  <Tr key={id}>
                    <Td dataLabel="Version">{version}</Td>
                    <Td dataLabel="Architectures">{arch.join(', ')}</Td>
                    <Td dataLabel="Built">
                      <Time at={createdAt} />
                    </Td>
                  </Tr>
                ))}
              </Tbody>
            </Table>
          )
        }
      </Loaded>
      <CopyText text={IMPORT} label="Command that imports a release of the agent" />
    </PageSection>
  )
}
