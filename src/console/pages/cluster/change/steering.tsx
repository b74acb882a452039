import { Flex, Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useState } from 'react'
import type { UpgradeView } from '../../../../protocol/api/clusters/upgrades.ts'
import { answerOf, api } from '../../../data/client.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { ErrorAlert } from '../../../parts/feedback/problem-alert.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { DialogFooter } from '../../../parts/values/dialog-footer.tsx'
import { useChange } from '../work/use-change.ts'

interface SteeringProps {
  name: string
  project: string
  state: UpgradeView['state']
  what: 'upgrade' | 'change'
}

/** Pauses, resumes or ends an upgrade, or a change of settings. */
export function Steering({ name, project, state, what }: SteeringProps) {
  const [isEnding, end] = useState(false)
  const params = { path: { name } }
  const pause = useChange(() => answerOf(api.POST('/v1/clusters/{name}/upgrade/pause', { params })))
  const resume = useChange(() => answerOf(api.POST('/v1/clusters/{name}/upgrade/resume', { params })))
  const may = useWhyNot()('operate', project)
  const isOver = state === 'done' || state === 'cancelled' || state === 'cancelling'
  const over = isOver ? `It is ${state}.` : undefined
  const error = pause.error ?? resume.error
  return (
    <>
      {error && <ErrorAlert error={error} />}
      <Flex className="after">
        <ActionButton
          variant="secondary"
          whyNot={may ?? over ?? (state === 'running' ? undefined : `It is ${state} already.`)}
          isLoading={pause.isPending}
          onClick={() => pause.mutate()}
        >
          Pause
        </ActionButton>
        <ActionButton
          variant="secondary"
          whyNot={may ?? over ?? (state === 'running' ? 'It is running.' : undefined)}
          isLoading={resume.isPending}
          onClick={() => resume.mutate()}
        >
          Resume
        </ActionButton>
        <ActionButton variant="danger" whyNot={may ?? over} onClick={() => end(true)}>
          {`End the ${what} here`}
        </ActionButton>
      </Flex>
      {isEnding && <EndHere name={name} what={what} onClose={() => end(false)} />}
    </>
  )
}

const MEANINGS = {
  upgrade: 'Nodes then have different versions, and a later upgrade continues from there.',
  change: 'Nodes then have different settings, and the next change includes those that were not reached.',
}

function EndHere({ name, what, onClose }: { name: string; what: SteeringProps['what']; onClose: () => void }) {
  const end = useChange(
    () => answerOf(api.POST('/v1/clusters/{name}/upgrade/cancel', { params: { path: { name } } })),
    onClose,
  )
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="end-here-title">
      <ModalHeader title={`End the ${what} of ${name} here?`} titleIconVariant="warning" labelId="end-here-title" />
      <ModalBody>
        {end.isError && <ErrorAlert error={end.error} title={`The ${what} has not ended`} />}
        <p>Runs that have begun go on to their end, and nothing is reverted. {MEANINGS[what]}</p>
      </ModalBody>
      <DialogFooter
        verb={`End the ${what} here`}
        isDanger
        isBusy={end.isPending}
        act={() => end.mutate()}
        onClose={onClose}
      />
    </Modal>
  )
}
