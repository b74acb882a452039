import type { HostView } from '../../host/host.ts'
import { read } from '../ask.ts'
import type { Pod } from './pods.ts'

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: Requirement[]
}

interface Budget {
  metadata: { name: string }
  spec: { selector?: Selector | null }
}

/** The names of the disruption budgets that a pod is subject to. */
export async function budgetsOf(host: HostView, { metadata }: Pod): Promise<string[]> {
  const path = `/apis/policy/v1/namespaces/${metadata.namespace}/poddisruptionbudgets`
  const found = await read<{ items: Budget[] }>(host, path)
  const budgets = (found?.items ?? []).filter(({ spec }) => selects(spec.selector, metadata.labels ?? {}))
  return budgets.map(({ metadata: { name } }) => name)
}

/** As policy/v1 defines it: an empty selector selects all pods, and none selects nothing. */
export function selects(selector: Selector | null | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!selector) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return isEqual && matchExpressions.every((each) => isMet(each, labels[each.key]))
}

function isMet({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
