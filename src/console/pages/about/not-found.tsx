import { PageSection } from '@patternfly/react-core'
import { Link } from 'react-router'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'

export default function NotFound() {
  return (
    <>
      <Heading title="No such page" />
      <PageSection>
        <Nothing title="The address names no page" action={<Link to="/">Go to the overview</Link>}>
          It may be of another version of the console.
        </Nothing>
      </PageSection>
    </>
  )
}
