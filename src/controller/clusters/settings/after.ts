import { AgentError } from '../../../base/agent-error.ts'
import { maskSecretForms } from '../../../base/secret-forms.ts'
import { ClusterSettings, SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'

type Values = Readonly<Record<string, unknown>>

/** The settings after a JSON merge patch (RFC 7396): null removes a value, and mappings are merged key by key. Throws `settings/invalid`. */
export function settingsAfter(settings: ClusterSettings, patch: Values): ClusterSettings {
  const before: Values = settings
  const changed = Object.entries(patch).map(([name, value]) => [name, patched(before[name], value)])
  const values = Object.entries({ ...before, ...Object.fromEntries(changed) }).filter(([, value]) => value !== null)
  const parsed = ClusterSettings.safeParse(Object.fromEntries(values))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [field = '', ...rest] = (issue?.path ?? []).map(String)
  throw invalid(field, rest.length > 0 ? rest.join('.') : JSON.stringify(patch[field] ?? null), patch)
}

function patched(before: unknown, value: unknown): unknown {
  if (!isMapping(value)) return value
  const merged = { ...(isMapping(before) ? before : {}), ...value }
  return Object.fromEntries(Object.entries(merged).filter(([, each]) => each !== null))
}

const isMapping = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function invalid(field: string, value: string, patch: Values): AgentError {
  const wanted = Object.entries<Setting>(SETTINGS).find(([name]) => name === field)?.[1].wanted
  const unknown = Object.keys(patch).filter((name) => !(name in SETTINGS))
  const [message, fix] =
    wanted === undefined
      ? [`unknown setting ${unknown.join(', ')}`, `use one of: ${Object.keys(SETTINGS).join(', ')}`]
      : [`found ${field} ${maskSecretForms(value)}; wanted ${wanted}`, `correct ${field}`]
  return new AgentError('settings/invalid', message, { fix, kind: 'invalid' })
}
