import { PageSection, Title } from '@patternfly/react-core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import { bundlesQuery } from '../../data/queries.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { AddedImages } from './added-images.tsx'
import { AgentReleases } from './agent-releases.tsx'
import { BUNDLE_COLUMNS } from './bundle-columns.tsx'
import { DeleteBundle } from './delete-bundle.tsx'

const IMPORT = 'controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY --key KEY.pem.pub'

/** What nodes are installed from: bundles of Kubernetes, images that people added, and releases of the agent. */
export default function Bundles() {
  const bundles = useQuery(bundlesQuery)
  const queries = useQueryClient()
  const state = useTableState('-kubernetes')
  const may = useWhyNot()
  const [deleted, deleting] = useState<BundleView>()
  const close = () => {
    deleting(undefined)
    void queries.invalidateQueries({ queryKey: bundlesQuery.queryKey })
  }
  return (
    <>
      <Heading title="Bundles">
        A bundle has all files of one Kubernetes version for one architecture. Nodes get theirs from the controller,
        without the Internet.
      </Heading>
      <PageSection>
        <Loaded query={bundles} what="the bundles">
          {(found) =>
            found.length === 0 ? (
              <Nothing title="No bundles yet">
                No cluster can be provisioned without one. Build it with <code>controller bundle build</code>, then
                import it as below.
              </Nothing>
            ) : (
              <>
                <TableToolbar columns={BUNDLE_COLUMNS} state={state} hint="Search, e.g. arch:arm64" />
                <DataTable
                  label="Bundles"
                  rows={found}
                  keyOf={({ manifestSha256 }) => manifestSha256}
                  columns={BUNDLE_COLUMNS}
                  state={state}
                  actionsOf={(bundle) => [
                    {
                      title: 'Delete',
                      isDanger: true,
                      whyNot: may('administrate', null),
                      onClick: () => deleting(bundle),
                    },
                  ]}
                />
              </>
            )
          }
        </Loaded>
        <Title headingLevel="h2" size="lg" className="after">
          Import a bundle
        </Title>
        <p className="after">
          A bundle has some gigabytes, so it is imported on the machine of the controller, and listed here at once. The
          command verifies its signature first.
        </p>
        <CopyText text={IMPORT} label="Command that imports a bundle" />
      </PageSection>
      <AddedImages />
      <AgentReleases />
      {deleted && <DeleteBundle bundle={deleted} onClose={close} />}
    </>
  )
}
