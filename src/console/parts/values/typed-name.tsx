import { Form, FormGroup, Modal, ModalBody, ModalHeader, TextInput } from '@patternfly/react-core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ErrorAlert } from '../feedback/problem-alert.tsx'
import { DialogFooter } from './dialog-footer.tsx'

interface Dangerous {
  /** The name to type. */
  name: string
  /** What is done, e.g. `Reset cluster`. */
  title: string
  /** What is lost. */
  children: ReactNode
  /** More to choose, below the name. */
  more?: ReactNode
  error: unknown
  isBusy: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks for the name of what is to be reset or deleted. */
export function TypedName({ name, title, children, more, error, isBusy, onConfirm, onClose }: Dangerous) {
  const [typed, setTyped] = useState('')
  const isRight = typed === name
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRight && !isBusy) onConfirm()
  }
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="typed-name-title">
      <ModalHeader title={`${title} ${name}?`} titleIconVariant="warning" labelId="typed-name-title" />
      <ModalBody>
        {error != null && <ErrorAlert error={error} title={`${title} failed`} />}
        <p>{children}</p>
        <Form id="typed-name" onSubmit={submit} className="after">
          <FormGroup label={`Type ${name} to confirm`} fieldId="typed-name-input">
            <TextInput
              id="typed-name-input"
              value={typed}
              onChange={(_, text) => setTyped(text)}
              autoComplete="off"
              spellCheck={false}
            />
          </FormGroup>
          {more}
        </Form>
      </ModalBody>
      <DialogFooter verb={title} isDanger isBusy={isBusy} isWhole={isRight} act="typed-name" onClose={onClose} />
    </Modal>
  )
}
