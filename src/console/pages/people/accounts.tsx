import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountView } from '../../../protocol/api/people/accounts.ts'
import { answerOf, api } from '../../data/client.ts'
import { useSession, useWhyNot } from '../../data/session-context.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'
import { grantsText } from '../../parts/people/grants.ts'
import { accountsQuery } from '../../parts/people/queries.ts'
import type { Column } from '../../parts/table/column.ts'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'
import { TypedName } from '../../parts/values/typed-name.tsx'
import { AccountDialog } from './account-dialog.tsx'
import { OwnPassword } from './own-password.tsx'

const COLUMNS: readonly Column<AccountView>[] = [
  { key: 'name', title: 'Name', text: ({ name }) => name, show: ({ name }) => name },
  { key: 'state', title: 'State', text: ({ state }) => state, show: ({ state }) => <StateLabel state={state} /> },
  {
    key: 'roles',
    title: 'Roles',
    text: ({ grants }) => grantsText(grants),
    show: ({ grants }) => grantsText(grants) || 'none',
  },
  {
    key: 'used',
    title: 'Last sign-in',
    text: () => '',
    rank: ({ lastUsedAt }) => lastUsedAt ?? '',
    show: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    key: 'created',
    title: 'Created',
    text: ({ createdBy }) => createdBy,
    rank: ({ createdAt }) => createdAt,
    show: ({ createdAt, createdBy }) => (
      <>
        <Time at={createdAt} /> by {createdBy}
      </>
    ),
    isOptional: true,
  },
]

type Deed = { kind: 'create' | 'own-password' } | { kind: 'roles' | 'password' | 'delete'; account: AccountView }

/** The local accounts. Who is no administrator sees the own roles only. */
export default function Accounts() {
  const may = useWhyNot()
  const whyNot = may('administrate', null)
  const { identity } = useSession()
  const [deed, setDeed] = useState<Deed>()
  const close = () => setDeed(undefined)
  const whyNotPassword =
    identity.kind === 'account' && !identity.name.startsWith('oidc:')
      ? undefined
      : 'You are not signed in with the password of a local account.'
  return (
    <>
      <div>
        You are {identity.name}: {grantsText(identity.grants) || 'no role'}.{' '}
        <ActionButton variant="link" isInline whyNot={whyNotPassword} onClick={() => setDeed({ kind: 'own-password' })}>
          Change your password
        </ActionButton>
      </div>
      {whyNot === undefined ? (
        <Table setDeed={setDeed} />
      ) : (
        <Nothing title="Only administrators see the accounts of others">{whyNot}</Nothing>
      )}
      {deed?.kind === 'own-password' && <OwnPassword onClose={close} />}
      {deed?.kind === 'create' && <AccountDialog wants="account" onClose={close} />}
      {deed?.kind === 'roles' && <AccountDialog wants="roles" account={deed.account} onClose={close} />}
      {deed?.kind === 'password' && <AccountDialog wants="password" account={deed.account} onClose={close} />}
      {deed?.kind === 'delete' && <DeleteAccount account={deed.account} onClose={close} />}
    </>
  )
}

function Table({ setDeed }: { setDeed: (deed: Deed) => void }) {
  const accounts = useQuery(accountsQuery)
  const state = useTableState('name')
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: ({ name, state: now }: AccountView) =>
      answerOf(api.POST('/v1/accounts/{name}', { params: { path: { name } }, body: { disabled: now === 'enabled' } })),
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  })
  const create = (
    <ActionButton variant="primary" onClick={() => setDeed({ kind: 'create' })}>
      Create an account
    </ActionButton>
  )
  return (
    <Loaded query={accounts} what="the accounts">
      {(found) =>
        found.length === 0 ? (
          <Nothing title="No local accounts yet" action={create}>
            People sign in with a local account, at an identity provider, or with a link: controller console link
          </Nothing>
        ) : (
          <>
            {change.isError && <ErrorAlert error={change.error} title="The account was not changed" />}
            <TableToolbar columns={COLUMNS} state={state} hint="Search, e.g. roles:admin">
              {create}
            </TableToolbar>
            <DataTable
              label="Accounts"
              rows={found}
              keyOf={({ name }) => name}
              columns={COLUMNS}
              state={state}
              actionsOf={(account) => [
                { title: 'Change roles', onClick: () => setDeed({ kind: 'roles', account }) },
                { title: 'Set a password', onClick: () => setDeed({ kind: 'password', account }) },
                {
                  title: account.state === 'enabled' ? 'Disable' : 'Enable',
                  onClick: () => change.mutate(account),
                },
                { title: 'Delete', isDanger: true, onClick: () => setDeed({ kind: 'delete', account }) },
              ]}
            />
          </>
        )
      }
    </Loaded>
  )
}

function DeleteAccount({ account: { name }, onClose }: { account: AccountView; onClose: () => void }) {
  const queries = useQueryClient()
  const deletion = useMutation({
    mutationFn: () => answerOf(api.DELETE('/v1/accounts/{name}', { params: { path: { name } } })),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  })
  return (
    <TypedName
      name={name}
      title="Delete account"
      error={deletion.error}
      isBusy={deletion.isPending}
      onConfirm={() => deletion.mutate()}
      onClose={onClose}
    >
      Its sessions end and its API tokens are revoked. To keep it without letting anyone sign in, disable it.
    </TypedName>
  )
}
