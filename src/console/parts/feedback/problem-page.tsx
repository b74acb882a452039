import { Button, PageSection } from '@patternfly/react-core'
import { asProblem } from '../../data/problem.ts'
import { Nothing } from './nothing.tsx'
import { ErrorAlert } from './problem-alert.tsx'

/** Instead of a page that cannot be shown: it is forbidden, it does not exist, or the controller does not answer. */
export function ProblemPage({ error, retry }: { error: unknown; retry?: () => unknown }) {
  const { status, message, fix } = asProblem(error)
  if (status === 403) {
    return (
      <PageSection>
        <Nothing title="You may not see this page">
          {message}. {fix}.
        </Nothing>
      </PageSection>
    )
  }
  return (
    <PageSection>
      <ErrorAlert error={error} title={status === 404 ? 'Not found' : 'The page cannot be shown'} />
      {retry !== undefined && status !== 404 && (
        <Button variant="secondary" className="after" onClick={() => retry()}>
          Try again
        </Button>
      )}
    </PageSection>
  )
}
