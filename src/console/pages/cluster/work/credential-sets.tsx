import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answerOf, api } from '../../../data/client.ts'
import { Loaded } from '../../../parts/feedback/loaded.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import { Time } from '../../../parts/values/time.tsx'
import { TypedName } from '../../../parts/values/typed-name.tsx'
import { useChange } from './use-change.ts'

const credentialsQuery = (name: string) =>
  queryOptions({
    queryKey: ['credentials', name],
    queryFn: () => answerOf(api.GET('/v1/clusters/{name}/credentials', { params: { path: { name } } })),
  })

/** The credentials with which machines can enrol, or could. */
export function CredentialSets({ cluster, whyNot }: { cluster: string; whyNot: string | undefined }) {
  const sets = useQuery(credentialsQuery(cluster))
  const [revoked, revoke] = useState<string>()
  return (
    <Card>
      <CardTitle component="h2">Credentials</CardTitle>
      <CardBody className="wide">
        <Loaded query={sets} what="the credentials">
          {(found) => (
            <Table variant="compact" aria-label="Credentials" gridBreakPoint="">
              <Thead>
                <Tr>
                  <Th>Name</Th>
                  <Th>State</Th>
                  <Th>Nodes enrolled</Th>
                  <Th>Valid until</Th>
                  <Th screenReaderText="Actions" />
                </Tr>
              </Thead>
              <Tbody>
                {found.map(({ name, state, enrolled, maxNodes, expiresAt, fetchableUntil }) => (
                  <Tr key={name}>
                    <Td>{name}</Td>
                    <Td>
                      <StateLabel state={state} />
                    </Td>
                    <Td>{maxNodes === null ? enrolled : `${enrolled} of ${maxNodes}`}</Td>
                    <Td>
                      <Time at={fetchableUntil ?? expiresAt} />
                    </Td>
                    <Td isActionCell>
                      <ActionButton
                        variant="link"
                        isInline
                        aria-label={`Revoke ${name}`}
                        whyNot={whyNot ?? (state === 'valid' ? undefined : `The credentials ${name} are ${state}.`)}
                        onClick={() => revoke(name)}
                      >
                        Revoke
                      </ActionButton>
                    </Td>
                  </Tr>
                ))}
              </Tbody>
            </Table>
          )}
        </Loaded>
        {revoked !== undefined && <Revoke cluster={cluster} set={revoked} onClose={() => revoke(undefined)} />}
      </CardBody>
    </Card>
  )
}

function Revoke({ cluster, set, onClose }: { cluster: string; set: string; onClose: () => void }) {
  const params = { path: { name: cluster, set } }
  const revocation = useChange(() => answerOf(api.DELETE('/v1/clusters/{name}/credentials/{set}', { params })), onClose)
  return (
    <TypedName
      name={set}
      title="Revoke credentials"
      error={revocation.error}
      isBusy={revocation.isPending}
      onConfirm={() => revocation.mutate()}
      onClose={onClose}
    >
      No further machine can enrol with them. Nodes that were approved stay.
    </TypedName>
  )
}
