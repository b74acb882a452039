import { PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Link } from 'react-router'
import { clustersQuery } from '../../data/queries.ts'
import { useSession, useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { clusterPath } from '../../parts/nodes/node-columns.tsx'
import { accountsQuery, tokensQuery } from '../../parts/people/queries.ts'
import type { Column } from '../../parts/table/column.ts'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { type Project, peopleText, projectsOf } from './projects-of.ts'

const COLUMNS: readonly Column<Project>[] = [
  { key: 'project', title: 'Project', text: ({ name }) => name, show: ({ name }) => name },
  {
    key: 'clusters',
    title: 'Clusters',
    text: ({ clusters }) => clusters.join(' '),
    show: ({ clusters }) => <Clusters names={clusters} />,
  },
  {
    key: 'people',
    title: 'People and tokens with a role in it',
    text: ({ people }) => people.join(' '),
    show: ({ people }) => peopleText(people),
  },
]

/** What belongs together: a role can be for one project. */
export default function Projects() {
  const clusters = useQuery(clustersQuery)
  const may = useWhyNot()
  const { identity } = useSession()
  const seesPeople = may('administrate', null) === undefined
  const accounts = useQuery({ ...accountsQuery, enabled: seesPeople })
  const tokens = useQuery({ ...tokensQuery, enabled: seesPeople })
  const state = useTableState('project')
  const projects = useMemo(() => {
    const programs = (tokens.data ?? [])
      .filter(({ state: is }) => is === 'valid')
      .map(({ name, grants }) => ({ name: `token ${name}`, grants }))
    const people = seesPeople
      ? [...(accounts.data ?? []), ...programs]
      : [{ name: identity.name, grants: identity.grants }]
    return projectsOf(clusters.data ?? [], people)
  }, [clusters.data, accounts.data, tokens.data, seesPeople, identity])
  return (
    <>
      <Heading title="Projects">
        A project is a name that clusters have, and for which a role can be given. It begins with the first cluster or
        role that has its name, and ends with the last one.
      </Heading>
      <PageSection>
        <Loaded query={clusters} what="the projects">
          {() =>
            projects.length === 0 ? (
              <Nothing title="No projects yet" action={<Link to="/clusters/new">Create a cluster</Link>}>
                Create a cluster in a project, and the project is listed here.
              </Nothing>
            ) : (
              <>
                <TableToolbar columns={COLUMNS} state={state} hint="Search, e.g. clusters:demo" />
                <DataTable
                  label="Projects"
                  rows={projects}
                  keyOf={({ name }) => name}
                  columns={COLUMNS}
                  state={state}
                />
                {!seesPeople && <p className="after">Only administrators see the roles of other people.</p>}
              </>
            )
          }
        </Loaded>
      </PageSection>
    </>
  )
}

/** The first few by name; of many only how many there are. */
function Clusters({ names }: { names: readonly string[] }) {
  const FEW = 5
  return (
    <>
      {names.slice(0, FEW).map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <Link to={clusterPath(name)}>{name}</Link>
        </span>
      ))}
      {names.length > FEW && `, and ${names.length - FEW} more`}
      {names.length === 0 && 'none'}
    </>
  )
}
