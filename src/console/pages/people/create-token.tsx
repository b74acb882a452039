import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answerOf, api } from '../../data/client.ts'
import { clustersQuery } from '../../data/queries.ts'
import { useSession } from '../../data/session-context.ts'
import { FormDialog } from '../../parts/people/form-dialog.tsx'
import { draftOf, type GrantDraft, grantsOf } from '../../parts/people/grants.ts'
import { GrantsField } from '../../parts/people/grants-field.tsx'
import { tokensQuery } from '../../parts/people/queries.ts'
import { isName, NAME_RULE } from '../../parts/people/rules.ts'
import { TextField } from '../../parts/people/text-field.tsx'
import { CopyText } from '../../parts/values/copy-text.tsx'

/** Creates a token, and shows its secret, which nobody can show again. */
export function CreateToken({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const { identity } = useSession()
  const clusters = useQuery(clustersQuery)
  const [name, setName] = useState('')
  const [days, setDays] = useState('30')
  const [drafts, setDrafts] = useState<GrantDraft[]>(() => identity.grants.slice(0, 1).map(draftOf))
  const grants = grantsOf(drafts)
  const creation = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/tokens', { body: { name, grants, days: Number(days) } })),
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  if (creation.data) return <Secret name={name} secret={creation.data.secret} onClose={onClose} />
  const areDays = /^[1-9]\d{0,3}$/.test(days) && Number(days) <= MOST_DAYS
  return (
    <FormDialog
      title="Create a token"
      description="It has at most your roles, and loses what you lose."
      verb="Create"
      error={creation.error}
      isBusy={creation.isPending}
      isWhole={isName(name) && areDays && grants.length > 0}
      onSubmit={() => creation.mutate()}
      onClose={onClose}
    >
      <TextField
        id="token-name"
        label="Name"
        value={name}
        change={setName}
        help={NAME_RULE}
        isWrong={name !== '' && !isName(name)}
      />
      <TextField
        id="token-days"
        label="Days until it expires"
        type="number"
        value={days}
        change={setDays}
        help={`From 1 to ${MOST_DAYS}`}
        isWrong={!areDays}
      />
      <GrantsField
        drafts={drafts}
        change={setDrafts}
        projects={[...new Set(clusters.data?.map(({ project }) => project))]}
      />
    </FormDialog>
  )
}

const MOST_DAYS = 3_650

function Secret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="secret-title">
      <ModalHeader
        title={`Token ${name} is created`}
        labelId="secret-title"
        description="Copy it now: it is shown only this once, and the controller does not keep it."
      />
      <ModalBody>
        <CopyText text={secret} label="token" />
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>I have copied it</Button>
      </ModalFooter>
    </Modal>
  )
}
