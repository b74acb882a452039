import { Button, FormGroup, FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { ROLES } from '../../../protocol/api/people/permissions.ts'
import './people.css'
import type { GrantDraft } from './grants.ts'

const MEANINGS = {
  viewer: 'viewer: sees',
  operator: 'operator: sees, creates, configures, provisions, resets and deletes',
  approver: 'approver: sees, approves or refuses nodes',
  admin: 'admin: everything',
} as const

interface GrantsFieldProps {
  drafts: readonly GrantDraft[]
  change: (drafts: GrantDraft[]) => void
  projects: readonly string[]
}

/** Roles, each for everything or in one project. */
export function GrantsField({ drafts, change, projects }: GrantsFieldProps) {
  const set = (at: number, to: Partial<GrantDraft>) =>
    change(drafts.map((each, index) => (index === at ? { ...each, ...to } : each)))
  return (
    <FormGroup role="group" label="Roles" fieldId="grants">
      <datalist id="grant-projects">
        {projects.map((project) => (
          <option key={project} value={project} />
        ))}
      </datalist>
      {drafts.map((draft, at) => (
        // The rows have no names of their own.
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is what stands at its place.
        <div key={at} className="grant">
          <FormSelect
            aria-label={`Role ${at + 1}`}
            value={draft.role}
            onChange={(_, role) => set(at, { role: role as GrantDraft['role'] })}
          >
            {ROLES.map((role) => (
              <FormSelectOption key={role} value={role} label={MEANINGS[role]} />
            ))}
          </FormSelect>
          <TextInput
            aria-label={`Project of role ${at + 1}`}
            placeholder="Everything, or a project"
            list="grant-projects"
            autoComplete="off"
            value={draft.project}
            onChange={(_, project) => set(at, { project })}
          />
          <Button
            variant="link"
            aria-label={`Remove role ${at + 1}`}
            onClick={() => change(drafts.filter((_, index) => index !== at))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button variant="link" isInline onClick={() => change([...drafts, { role: 'viewer', project: '' }])}>
        Add a role
      </Button>
    </FormGroup>
  )
}
