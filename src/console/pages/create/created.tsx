import { Card, CardBody, CardTitle, PageSection, Stack, StackItem } from '@patternfly/react-core'
import { Link } from 'react-router'
import type { CredentialFiles as Files } from '../../data/credentials/credentials.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { CredentialFiles } from '../../parts/join/credential-files.tsx'
import { JoinCommand } from '../../parts/join/join-command.tsx'
import { Heading } from '../../parts/layout/heading.tsx'

interface CreatedProps {
  name: string
  project: string
  files: Files
}

/** What is left to do: how machines become nodes. */
export function Created({ name, project, files }: CreatedProps) {
  const mayIssue = useWhyNot()('administrate', project) === undefined
  const command = (
    <StackItem key="command">
      <Card>
        <CardTitle component="h2">With one command</CardTitle>
        <CardBody>
          <p>The machine downloads the agent and its credentials from this controller.</p>
          <JoinCommand cluster={name} project={project} />
        </CardBody>
      </Card>
    </StackItem>
  )
  const download = (
    <StackItem key="files">
      <Card>
        <CardTitle component="h2">With files</CardTitle>
        <CardBody>
          <CredentialFiles files={files} />
        </CardBody>
      </Card>
    </StackItem>
  )
  return (
    <>
      <Heading title={`Cluster ${name} is created`} above={[{ to: '/clusters', title: 'Clusters' }]}>
        <p>
          Make machines its nodes, and they are listed on the page of the{' '}
          <Link to={`/clusters/${name}/nodes`}>cluster {name}</Link>.
        </p>
      </Heading>
      <PageSection>
        <Stack hasGutter>{mayIssue ? [command, download] : [download, command]}</Stack>
      </PageSection>
    </>
  )
}
