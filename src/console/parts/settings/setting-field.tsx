import {
  Checkbox,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import type { SettingName } from '../../../protocol/settings/cluster-settings.ts'
import { draftProblem, settingOf, titleOf } from './drafts.ts'

interface SettingFieldProps {
  name: SettingName
  draft: string | boolean
  /** Besides what the setting itself wants. */
  problem?: string | undefined
  change: (draft: string | boolean) => void
}

/** A field for a setting, as it declares itself, with what is wrong with what is typed. */
export function SettingField({ name, draft, problem, change }: SettingFieldProps) {
  const { kind, help, choices, example } = settingOf(name)
  const id = `setting-${name}`
  const wrong = draftProblem(name, draft) ?? problem
  const common = { id, 'aria-describedby': `${id}-help`, validated: wrong === undefined ? 'default' : 'error' } as const
  if (typeof draft === 'boolean') {
    return (
      <FormGroup fieldId={id}>
        <Checkbox
          id={id}
          label={titleOf(name)}
          description={sentence(help)}
          isChecked={draft}
          onChange={(_, is) => change(is)}
        />
      </FormGroup>
    )
  }
  return (
    <FormGroup label={titleOf(name)} fieldId={id}>
      {choices ? (
        <FormSelect {...common} value={draft} onChange={(_, value) => change(value)}>
          {choices.map((choice) => (
            <FormSelectOption key={choice} value={choice} label={choice} />
          ))}
        </FormSelect>
      ) : kind === 'text' || kind === 'number' ? (
        <TextInput
          {...common}
          value={draft}
          inputMode={kind === 'number' ? 'numeric' : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={draft === '' && typeof example !== 'object' ? `e.g. ${example}` : undefined}
          onChange={(_, value) => change(value)}
        />
      ) : (
        <TextArea
          {...common}
          value={draft}
          resizeOrientation="vertical"
          spellCheck={false}
          onChange={(_, value) => change(value)}
        />
      )}
      <FieldHelp id={`${id}-help`} problem={wrong}>
        {sentence(HOW[kind] === undefined ? help : `${help.replace(/; repeatable$/, '')}; ${HOW[kind]}`)}
      </FieldHelp>
    </FormGroup>
  )
}

const HOW: Readonly<Record<string, string>> = {
  list: 'one in each line',
  pairs: 'one KEY=VALUE in each line',
  files: 'YAML, a text for each name',
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Below a field: what it is for, or what is wrong. */
export function FieldHelp({
  id,
  problem,
  children,
}: {
  id: string
  problem?: string | undefined
  children?: ReactNode
}) {
  return (
    <FormHelperText>
      <HelperText id={id} isLiveRegion>
        <HelperTextItem variant={problem === undefined ? 'default' : 'error'}>{problem ?? children}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  )
}
