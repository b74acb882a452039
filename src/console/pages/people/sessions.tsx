import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { SessionView } from '../../../protocol/api/people/sessions.ts'
import { answerOf, api } from '../../data/client.ts'
import { sessionQuery } from '../../data/queries.ts'
import { useSession } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'
import { sessionsQuery } from '../../parts/people/queries.ts'
import type { Column } from '../../parts/table/column.ts'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'

const KINDS = { cookie: 'browser', token: 'command line' } as const

const columnsFor = (own: string | undefined): readonly Column<SessionView>[] => [
  {
    key: 'name',
    title: 'Who',
    text: ({ name }) => name,
    show: ({ id, name }) => (
      <>
        {name} {id === own && <StateLabel state="this session" />}
      </>
    ),
  },
  { key: 'client', title: 'With', text: ({ kind }) => KINDS[kind], show: ({ kind }) => KINDS[kind] },
  { key: 'from', title: 'From', text: ({ address }) => address, show: ({ address }) => address },
  {
    key: 'begun',
    title: 'Begun',
    text: () => '',
    rank: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    key: 'used',
    title: 'Last used',
    text: () => '',
    rank: ({ lastUsedAt }) => lastUsedAt,
    show: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    key: 'ends',
    title: 'Ends',
    text: () => '',
    rank: ({ expiresAt }) => expiresAt,
    show: ({ expiresAt }) => <Time at={expiresAt} />,
  },
]

/** Who is signed in: for administrators everyone, for others their own sessions. */
export default function Sessions() {
  const sessions = useQuery(sessionsQuery)
  const state = useTableState('-used')
  const queries = useQueryClient()
  const { identity } = useSession()
  const own = identity.session?.id
  const columns = columnsFor(own)
  const ending = useMutation({
    mutationFn: ({ id }: SessionView) => answerOf(api.DELETE('/v1/sessions/{id}', { params: { path: { id } } })),
    onSettled: (_, __, { id }) => {
      if (id === own) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
      return queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  return (
    <Loaded query={sessions} what="the sessions">
      {(found) =>
        found.length === 0 ? (
          <Nothing title="No sessions">You are not in the list, because you came with a certificate.</Nothing>
        ) : (
          <>
            {ending.isError && <ErrorAlert error={ending.error} title="The session has not ended" />}
            <TableToolbar columns={columns} state={state} hint="Search, e.g. client:browser" />
            <DataTable
              label="Sessions"
              rows={found}
              keyOf={({ id }) => id}
              columns={columns}
              state={state}
              actionsOf={(session) => [
                {
                  title: session.id === own ? 'End it, and sign out' : 'End',
                  isDanger: true,
                  onClick: () => ending.mutate(session),
                },
              ]}
            />
          </>
        )
      }
    </Loaded>
  )
}
