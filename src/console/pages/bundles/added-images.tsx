import { FormSelect, FormSelectOption, PageSection, Title } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ImageView } from '../../../protocol/images/routes.ts'
import { answerOf, api } from '../../data/client.ts'
import { clustersQuery } from '../../data/queries.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { ProblemAlert } from '../../parts/feedback/problem-alert.tsx'
import { useParameters } from '../../parts/layout/use-parameters.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { bytes, counted } from '../../parts/values/formats.ts'
import { Time } from '../../parts/values/time.tsx'
import { RemoveImage } from './remove-image.tsx'

const imagesQuery = (name: string) =>
  queryOptions({
    queryKey: ['images', name],
    queryFn: async () => (await answerOf(api.GET('/v1/clusters/{name}/images', { params: { path: { name } } }))).images,
  })

/** The images that people added to one cluster, which its nodes get besides those of the bundle. */
export function AddedImages() {
  const clusters = useQuery(clustersQuery)
  const [params, set] = useParameters()
  const names = (clusters.data ?? []).map(({ name }) => name)
  const chosen = params.get('cluster') ?? names[0]
  return (
    <PageSection>
      <Title headingLevel="h2" size="lg">
        Images that were added
      </Title>
      {chosen === undefined ? (
        <p className="after">There is no cluster to which images could be added.</p>
      ) : (
        <>
          <FormSelect
            className="after choice"
            aria-label="Cluster of the images"
            value={chosen}
            onChange={(_, name) => set('cluster', name)}
          >
            {names.map((name) => (
              <FormSelectOption key={name} value={name} label={`Cluster ${name}`} />
            ))}
          </FormSelect>
          <Images cluster={chosen} project={clusters.data?.find(({ name }) => name === chosen)?.project ?? null} />
        </>
      )}
    </PageSection>
  )
}

function Images({ cluster, project }: { cluster: string; project: string | null }) {
  const images = useQuery(imagesQuery(cluster))
  const queries = useQueryClient()
  const may = useWhyNot()
  const [removed, removing] = useState<ImageView>()
  const close = () => {
    removing(undefined)
    void queries.invalidateQueries({ queryKey: ['images'] })
  }
  return (
    <>
      <Loaded query={images} what="the images">
        {(found) =>
          found.length === 0 ? (
            <p className="after">
              No image was added to cluster {cluster}. Its nodes have those of the bundle. Add one from its archive:
            </p>
          ) : (
            <>
              {found.flatMap(({ name, problems }) =>
                problems.map(({ node, error }) => (
                  <ProblemAlert
                    key={`${name} ${node}`}
                    problem={error}
                    title={`Image ${name} is not on node ${node}`}
                  />
                )),
              )}
              <Table variant="compact" aria-label={`Images that were added to cluster ${cluster}`}>
                <Thead>
                  <Tr>
                    <Th>Image</Th>
                    <Th>Archives</Th>
                    <Th>On nodes</Th>
                    <Th>Added</Th>
                    <Th screenReaderText="Actions" />
                  </Tr>
                </Thead>
                <Tbody>
                  {found.map((image) => (
                    <Tr key={image.name}>
                      <Td dataLabel="Image">{image.name}</Td>
                      <Td dataLabel="Archives">
                        {image.archives.map(({ arch, bytes: size }) => `${arch}: ${bytes(size)}`).join(', ')}
                      </Td>
                      <Td dataLabel="On nodes">
                        {image.nodes.have.length} of {counted(image.nodes.wanted, 'node')}
                      </Td>
                      <Td dataLabel="Added">
                        <Time at={image.addedAt} /> by {image.addedBy}
                      </Td>
                      <Td>
                        <ActionButton
                          variant="link"
                          isDanger
                          aria-label={`Remove image ${image.name}`}
                          whyNot={may('operate', project)}
                          onClick={() => removing(image)}
                        >
                          Remove
                        </ActionButton>
                      </Td>
                    </Tr>
                  ))}
                </Tbody>
              </Table>
            </>
          )
        }
      </Loaded>
      <CopyText text={`controller cluster images add ${cluster} ARCHIVE`} label="Command that adds images" />
      {removed && <RemoveImage cluster={cluster} image={removed} onClose={close} />}
    </>
  )
}
