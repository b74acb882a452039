import { Card, CardBody, CardTitle, Stack, StackItem } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { renewedFiles } from '../../../data/credentials/credentials.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { ErrorAlert } from '../../../parts/feedback/problem-alert.tsx'
import { CredentialFiles } from '../../../parts/join/credential-files.tsx'
import { JoinCommand } from '../../../parts/join/join-command.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { CredentialSets } from '../work/credential-sets.tsx'

/** How further machines become nodes, and with which credentials they can. */
export default function Join({ cluster: { name, project } }: ClusterTabProps) {
  const whyNot = useWhyNot()('administrate', project)
  const issue = useMutation({ mutationFn: () => renewedFiles(name) })
  return (
    <Stack hasGutter>
      <StackItem>
        <Card>
          <CardTitle component="h2">With one command</CardTitle>
          <CardBody>
            <JoinCommand cluster={name} project={project} />
          </CardBody>
        </Card>
      </StackItem>
      <StackItem>
        <Card>
          <CardTitle component="h2">With files</CardTitle>
          <CardBody>
            {issue.isError && <ErrorAlert error={issue.error} title="No credentials were issued" />}
            {issue.data ? (
              <CredentialFiles files={issue.data} />
            ) : (
              <ActionButton
                variant="secondary"
                whyNot={whyNot}
                isLoading={issue.isPending}
                onClick={() => issue.mutate()}
              >
                Issue credentials
              </ActionButton>
            )}
          </CardBody>
        </Card>
      </StackItem>
      <StackItem>
        <CredentialSets cluster={name} whyNot={whyNot} />
      </StackItem>
    </Stack>
  )
}
