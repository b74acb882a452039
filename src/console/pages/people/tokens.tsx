import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApiTokenView } from '../../../protocol/api/people/tokens.ts'
import { answerOf, api } from '../../data/client.ts'
import { useSession, useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { grantsText } from '../../parts/people/grants.ts'
import { tokensQuery } from '../../parts/people/queries.ts'
import type { Column } from '../../parts/table/column.ts'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'
import { TypedName } from '../../parts/values/typed-name.tsx'
import { CreateToken } from './create-token.tsx'

const whose = ({ account }: ApiTokenView) => account ?? 'a program'

const COLUMNS: readonly Column<ApiTokenView>[] = [
  { key: 'name', title: 'Name', text: ({ name }) => name, show: ({ name }) => name },
  { key: 'state', title: 'State', text: ({ state }) => state, show: ({ state }) => <StateLabel state={state} /> },
  { key: 'roles', title: 'Roles', text: ({ grants }) => grantsText(grants), show: ({ grants }) => grantsText(grants) },
  { key: 'of', title: 'Of', text: whose, show: whose },
  {
    key: 'expires',
    title: 'Expires',
    text: () => '',
    rank: ({ expiresAt }) => expiresAt,
    show: ({ expiresAt }) => <Time at={expiresAt} />,
  },
  {
    key: 'used',
    title: 'Last used',
    text: () => '',
    rank: ({ lastUsedAt }) => lastUsedAt ?? '',
    show: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    key: 'by',
    title: 'Created by',
    text: ({ issuedBy }) => issuedBy ?? '',
    show: ({ issuedBy }) => issuedBy ?? 'the controller',
    isOptional: true,
  },
]

/** Tokens with which programs act: service accounts, and those of people. */
export default function Tokens() {
  const tokens = useQuery(tokensQuery)
  const state = useTableState('name')
  const { identity } = useSession()
  const may = useWhyNot()
  const [isCreating, create] = useState(false)
  const [revoked, revoking] = useState<ApiTokenView>()
  const whyNot =
    identity.kind === 'token' && may('administrate', null) !== undefined
      ? 'You are signed in with an API token, which creates no others. Sign in with an account.'
      : undefined
  const button = (
    <ActionButton variant="primary" whyNot={whyNot} onClick={() => create(true)}>
      Create a token
    </ActionButton>
  )
  return (
    <>
      <Loaded query={tokens} what="the API tokens">
        {(found) =>
          found.length === 0 ? (
            <Nothing title="No API tokens yet" action={button}>
              A program sends one with each request. It has at most the roles of whoever created it.
            </Nothing>
          ) : (
            <>
              <TableToolbar columns={COLUMNS} state={state} hint="Search, e.g. state:valid">
                {button}
              </TableToolbar>
              <DataTable
                label="API tokens"
                rows={found}
                keyOf={({ name, createdAt }) => `${name} ${createdAt}`}
                columns={COLUMNS}
                state={state}
                actionsOf={(token) => [
                  {
                    title: 'Revoke',
                    isDanger: true,
                    whyNot: token.state === 'valid' ? undefined : `The token is ${token.state} already.`,
                    onClick: () => revoking(token),
                  },
                ]}
              />
            </>
          )
        }
      </Loaded>
      {isCreating && <CreateToken onClose={() => create(false)} />}
      {revoked && <RevokeToken token={revoked} onClose={() => revoking(undefined)} />}
    </>
  )
}

function RevokeToken({ token: { name }, onClose }: { token: ApiTokenView; onClose: () => void }) {
  const queries = useQueryClient()
  const revocation = useMutation({
    mutationFn: () => answerOf(api.DELETE('/v1/tokens/{name}', { params: { path: { name } } })),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  return (
    <TypedName
      name={name}
      title="Revoke token"
      error={revocation.error}
      isBusy={revocation.isPending}
      onConfirm={() => revocation.mutate()}
      onClose={onClose}
    >
      Programs that use it are refused from now on, and sessions that began with it end.
    </TypedName>
  )
}
