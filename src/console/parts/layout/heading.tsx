import { Breadcrumb, BreadcrumbItem, Content, Flex, FlexItem, PageSection, Title } from '@patternfly/react-core'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'

interface HeadingProps {
  title: string
  /** Beside the title. */
  state?: ReactNode
  /** The pages above, from the top. */
  above?: readonly { to: string; title: string }[]
  actions?: ReactNode
  children?: ReactNode
}

/** The head of a page; also the title of the window. */
export function Heading({ title, state, above = [], actions, children }: HeadingProps) {
  useEffect(() => {
    document.title = `${title} · Cantrip`
  }, [title])
  return (
    <PageSection>
      {above.length > 0 && (
        <Breadcrumb>
          {above.map((each) => (
            <BreadcrumbItem key={each.to}>
              <Link to={each.to}>{each.title}</Link>
            </BreadcrumbItem>
          ))}
          <BreadcrumbItem isActive>{title}</BreadcrumbItem>
        </Breadcrumb>
      )}
      <Flex justifyContent={{ default: 'justifyContentSpaceBetween' }} alignItems={{ default: 'alignItemsCenter' }}>
        <FlexItem>
          <Title headingLevel="h1">
            {title} {state}
          </Title>
        </FlexItem>
        {actions !== undefined && <FlexItem>{actions}</FlexItem>}
      </Flex>
      {children !== undefined && <Content>{children}</Content>}
    </PageSection>
  )
}
