import { Button, ModalFooter } from '@patternfly/react-core'

interface DialogFooterProps {
  /** What the dialog does, on its button. */
  verb: string
  isDanger?: boolean
  isBusy: boolean
  /** Whether all that it needs is there; default: true. */
  isWhole?: boolean
  /** The form that the button sends, by its id, or what it does. */
  act: string | (() => void)
  onClose: () => void
}

/** What a dialog does, and the way out of it. */
export function DialogFooter({ verb, isDanger = false, isBusy, isWhole = true, act, onClose }: DialogFooterProps) {
  return (
    <ModalFooter>
      <Button
        variant={isDanger ? 'danger' : 'primary'}
        isLoading={isBusy}
        isDisabled={!isWhole || isBusy}
        {...(typeof act === 'string' ? { type: 'submit', form: act } : { onClick: act })}
      >
        {verb}
      </Button>
      <Button variant="link" onClick={onClose}>
        Cancel
      </Button>
    </ModalFooter>
  )
}
