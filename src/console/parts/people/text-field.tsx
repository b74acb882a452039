import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from '@patternfly/react-core'

interface TextFieldProps {
  id: string
  label: string
  value: string
  change: (value: string) => void
  /** What is wanted, or what is wrong. */
  help?: string
  isWrong?: boolean
  type?: 'text' | 'password' | 'number'
  autoComplete?: string
}

export function TextField({
  id,
  label,
  value,
  change,
  help,
  isWrong = false,
  type = 'text',
  autoComplete = 'off',
}: TextFieldProps) {
  const variant = isWrong ? 'error' : 'default'
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        type={type}
        value={value}
        onChange={(_, text) => change(text)}
        validated={variant}
        autoComplete={autoComplete}
        spellCheck={false}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
      />
      {help !== undefined && (
        <FormHelperText>
          <HelperText id={`${id}-help`}>
            <HelperTextItem variant={variant}>{help}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  )
}
