import { InvalidArgumentError } from 'commander'
import type { LabelRequest } from '../../../../protocol/api/nodes.ts'
import { LabelKey, LabelValue } from '../../../../protocol/settings/nodes.ts'

/** `KEY=VALUE` sets a label, and `KEY-` removes it, as with kubectl. */
export function labelPatch(text: string, before: LabelRequest['labels'] = {}): LabelRequest['labels'] {
  const [, set, value, removed] = /^([^=]+)=(.*)$|^([^=]+)-$/s.exec(text) ?? []
  if (removed !== undefined && LabelKey.safeParse(removed).success) return { ...before, [removed]: null }
  if (set !== undefined && LabelKey.safeParse(set).success && LabelValue.safeParse(value).success)
    return { ...before, [set]: value ?? '' }
  throw new InvalidArgumentError('It must be KEY=VALUE as in Kubernetes, or KEY- to remove it.')
}

export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
