import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answerOf, api } from '../../data/client.ts'
import { sessionQuery } from '../../data/queries.ts'
import { FormDialog } from '../../parts/people/form-dialog.tsx'
import { isPassword, PASSWORD_RULE } from '../../parts/people/rules.ts'
import { TextField } from '../../parts/people/text-field.tsx'

/** Changes the password of whoever is signed in. */
export function OwnPassword({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const [present, setPresent] = useState('')
  const [password, setPassword] = useState('')
  const change = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/session/password', { body: { present, password } })),
    onSuccess: async () => {
      // The session has another secret now, and with it another CSRF token.
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
      onClose()
    },
  })
  return (
    <FormDialog
      title="Change your password"
      description="Your other sessions end."
      verb="Change"
      error={change.error}
      isBusy={change.isPending}
      isWhole={present !== '' && isPassword(password)}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <TextField
        id="present-password"
        label="Present password"
        type="password"
        autoComplete="current-password"
        value={present}
        change={setPresent}
      />
      <TextField
        id="new-password"
        label="New password"
        type="password"
        autoComplete="new-password"
        value={password}
        change={setPassword}
        help={PASSWORD_RULE}
        isWrong={password !== '' && !isPassword(password)}
      />
    </FormDialog>
  )
}
