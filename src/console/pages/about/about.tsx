import { Card, CardBody, CardTitle, DescriptionList, List, ListItem, PageSection } from '@patternfly/react-core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { answerOf, api } from '../../data/client.ts'
import { agentReleasesQuery, bundlesQuery, nodesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { Fact } from '../../parts/values/fact.tsx'
import { counted } from '../../parts/values/formats.ts'

const descriptionQuery = queryOptions({
  queryKey: ['description'],
  queryFn: async () => {
    const { info } = (await answerOf(api.GET('/openapi.json'))) as { info?: { version?: string } }
    return { version: info?.version ?? 'not known' }
  },
})

/** Versions, what to send with a question, and where the documentation is. */
export default function About() {
  const description = useQuery(descriptionQuery)
  const nodes = useQuery(nodesQuery())
  const bundles = useQuery(bundlesQuery)
  const releases = useQuery(agentReleasesQuery)
  const agents = new Map<string, number>()
  for (const { agentVersion } of nodes.data ?? []) agents.set(agentVersion, (agents.get(agentVersion) ?? 0) + 1)
  const versions = new Set(bundles.data?.map(({ kubernetesVersion }) => kubernetesVersion))
  return (
    <>
      <Heading title="About" />
      <PageSection>
        <div className="cards">
          <Card>
            <CardTitle component="h2">Versions</CardTitle>
            <CardBody>
              <Loaded query={description} what="the versions">
                {({ version }) => (
                  <DescriptionList isCompact columnModifier={{ default: '1Col', md: '2Col' }}>
                    <Fact term="Controller and console">{version}</Fact>
                    <Fact term="Agents">
                      {[...agents]
                        .map(([each, count]) => `${each || 'not known'} on ${counted(count, 'node')}`)
                        .join(', ') || 'There are no nodes'}
                    </Fact>
                    <Fact term="Agents to update to">
                      {releases.data?.map((each) => each.version).join(', ') || 'none imported'}
                    </Fact>
                    <Fact term="Kubernetes to install">{[...versions].join(', ') || 'no bundle imported'}</Fact>
                  </DescriptionList>
                )}
              </Loaded>
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">Documentation</CardTitle>
            <CardBody>
              <List>
                <ListItem>
                  <a href="/docs">The API of this controller</a>, and its description for programs:{' '}
                  <a href="/openapi.json">openapi.json</a>
                </ListItem>
                <ListItem>
                  <a href="/docs/errors">Every error code</a>, with what it means and how to fix it
                </ListItem>
                <ListItem>
                  The commands, on the machine of the controller: <code>controller --help</code>
                </ListItem>
              </List>
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">Files for a question</CardTitle>
            <CardBody>
              <p>The agent of a node writes one file with its logs, checks and state; secrets are removed from it:</p>
              <CopyText text="cantrip-agent support-bundle" label="Command that writes the file for a question" />
            </CardBody>
          </Card>
          <Card>
            <CardTitle component="h2">Licenses</CardTitle>
            <CardBody>
              <p>
                Cantrip has the Apache License 2.0.{' '}
                <a href="/console/notices.txt">The notices of what the console contains</a>: packages of others, with
                their licenses.
              </p>
            </CardBody>
          </Card>
        </div>
      </PageSection>
    </>
  )
}
