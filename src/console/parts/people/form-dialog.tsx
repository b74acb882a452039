import { Form, Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import type { FormEvent, ReactNode } from 'react'
import { ErrorAlert } from '../feedback/problem-alert.tsx'
import { DialogFooter } from '../values/dialog-footer.tsx'

interface FormDialogProps {
  title: string
  description?: string
  /** On the button, as in `Create`. */
  verb: string
  error: unknown
  isBusy: boolean
  /** Whether what was typed can be sent. */
  isWhole: boolean
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** A dialog with a form, which stays until its work is done. */
export function FormDialog({
  title,
  description,
  verb,
  error,
  isBusy,
  isWhole,
  onSubmit,
  onClose,
  children,
}: FormDialogProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isWhole && !isBusy) onSubmit()
  }
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="form-title">
      <ModalHeader title={title} labelId="form-title" description={description} />
      <ModalBody>
        {error != null && <ErrorAlert error={error} title={`${title}: this failed`} />}
        <Form id="form-of-dialog" onSubmit={submit}>
          {children}
        </Form>
      </ModalBody>
      <DialogFooter verb={verb} isBusy={isBusy} isWhole={isWhole} act="form-of-dialog" onClose={onClose} />
    </Modal>
  )
}
