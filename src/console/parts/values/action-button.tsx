import { Button, type ButtonProps, Tooltip } from '@patternfly/react-core'

/** A button that says why it cannot be used. It can be reached with the keyboard, so that the reason can be read. */
export function ActionButton({ whyNot, onClick, ...props }: ButtonProps & { whyNot?: string | undefined }) {
  if (whyNot === undefined) return <Button {...props} onClick={onClick} />
  return (
    <Tooltip content={whyNot}>
      <Button {...props} isAriaDisabled />
    </Tooltip>
  )
}
