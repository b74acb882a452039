import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { useQuery } from '@tanstack/react-query'
import { loginOptionsQuery } from '../../data/queries.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { administratorsQuery } from '../../parts/people/queries.ts'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'

const SET_OIDC = 'controller serve --oidc-issuer-url URL --oidc-client-id ID --oidc-grant GROUP=ROLE'

/** The ways to sign in besides a local account: the identity provider, links, and certificates of administrators. */
export default function SignIn() {
  const options = useQuery(loginOptionsQuery)
  const may = useWhyNot()
  return (
    <div className="cards">
      <Card>
        <CardTitle component="h2">Identity provider (OpenID Connect)</CardTitle>
        <CardBody>
          <Loaded query={options} what="the ways to sign in">
            {({ oidc }) =>
              oidc ? (
                <p>
                  It is set. People get the roles of their groups when they sign in. Which group has which role is set
                  where the controller is started: <code>--oidc-grant GROUP=ROLE</code>
                </p>
              ) : (
                <>
                  <p>None is set. It is set where the controller is started:</p>
                  <CopyText text={SET_OIDC} label="Options of the identity provider" />
                </>
              )
            }
          </Loaded>
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">Link to the console</CardTitle>
        <CardBody>
          <p>Whoever can use the command line gets a link that signs a browser in, once and within 5 minutes:</p>
          <CopyText text="controller console link" label="Command that prints a link" />
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">Certificates of administrators</CardTitle>
        <CardBody>
          {may('administrate', null) === undefined ? <Certificates /> : <p>{may('administrate', null)}</p>}
        </CardBody>
      </Card>
    </div>
  )
}

function Certificates() {
  const administrators = useQuery(administratorsQuery)
  return (
    <Loaded query={administrators} what="the administrators">
      {(found) => (
        <>
          <Table variant="compact" aria-label="Certificates of administrators">
            <Thead>
              <Tr>
                <Th>Name</Th>
                <Th>State</Th>
                <Th>Expires</Th>
                <Th>Last used</Th>
              </Tr>
            </Thead>
            <Tbody>
              {found.map(({ name, serial, state, expiresAt, lastUsedAt }) => (
                <Tr key={serial ?? name}>
                  <Td dataLabel="Name">{name}</Td>
                  <Td dataLabel="State">
                    <StateLabel state={state} />
                  </Td>
                  <Td dataLabel="Expires">
                    <Time at={expiresAt} />
                  </Td>
                  <Td dataLabel="Last used">
                    <Time at={lastUsedAt} />
                  </Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
          <p className="after">They are created and revoked at the command line, where their keys are:</p>
          <CopyText text="controller admin create NAME" label="Command that creates an administrator" />
        </>
      )}
    </Loaded>
  )
}
