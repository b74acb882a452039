import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountView } from '../../../protocol/api/people/accounts.ts'
import { answerOf, api } from '../../data/client.ts'
import { clustersQuery } from '../../data/queries.ts'
import { FormDialog } from '../../parts/people/form-dialog.tsx'
import { draftOf, type GrantDraft, grantsOf } from '../../parts/people/grants.ts'
import { GrantsField } from '../../parts/people/grants-field.tsx'
import { accountsQuery } from '../../parts/people/queries.ts'
import { isName, isPassword, NAME_RULE, PASSWORD_RULE } from '../../parts/people/rules.ts'
import { TextField } from '../../parts/people/text-field.tsx'

interface AccountDialogProps {
  /** Which of its fields are shown. */
  wants: 'account' | 'roles' | 'password'
  /** Absent: a new one. */
  account?: AccountView
  onClose: () => void
}

const TEXTS = {
  account: { title: 'Create an account', verb: 'Create', description: 'Somebody signs in with it by a password.' },
  roles: {
    title: 'Change roles',
    verb: 'Change',
    description: 'They are valid at once, also for its sessions and API tokens.',
  },
  password: { title: 'Set a password', verb: 'Set', description: 'Its sessions end.' },
} as const

export function AccountDialog({ wants, account, onClose }: AccountDialogProps) {
  const queries = useQueryClient()
  const clusters = useQuery(clustersQuery)
  const [name, setName] = useState(account?.name ?? '')
  const [password, setPassword] = useState('')
  const [drafts, setDrafts] = useState<GrantDraft[]>(
    () => account?.grants.map(draftOf) ?? [{ role: 'viewer', project: '' }],
  )
  const grants = grantsOf(drafts)
  const change = useMutation({
    mutationFn: () => {
      if (!account) return answerOf(api.POST('/v1/accounts', { body: { name, password, grants } }))
      const body = wants === 'roles' ? { grants } : { password }
      return answerOf(api.POST('/v1/accounts/{name}', { params: { path: { name } }, body }))
    },
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  })
  const { title, verb, description } = TEXTS[wants]
  const hasPassword = wants !== 'roles'
  const hasRoles = wants !== 'password'
  const areRight = grants.every(({ project }) => project === null || isName(project))
  return (
    <FormDialog
      title={account ? `${title}: ${name}` : title}
      description={description}
      verb={verb}
      error={change.error}
      isBusy={change.isPending}
      isWhole={isName(name) && (!hasPassword || isPassword(password)) && (!hasRoles || areRight)}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      {!account && (
        <TextField
          id="account-name"
          label="Name"
          value={name}
          change={setName}
          help={NAME_RULE}
          isWrong={name !== '' && !isName(name)}
        />
      )}
      {hasPassword && (
        <TextField
          id="account-password"
          label="Password"
          type="password"
          autoComplete="new-password"
          value={password}
          change={setPassword}
          help={PASSWORD_RULE}
          isWrong={password !== '' && !isPassword(password)}
        />
      )}
      {hasRoles && (
        <GrantsField
          drafts={drafts}
          change={setDrafts}
          projects={[...new Set(clusters.data?.map(({ project }) => project))]}
        />
      )}
    </FormDialog>
  )
}
