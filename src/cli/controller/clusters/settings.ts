import { AgentError } from '../../../base/agent-error.ts'
import { maskSecretForms } from '../../../base/secret-forms.ts'
import { ClusterSettings, SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import { OVERRIDABLE } from '../../../protocol/settings/overrides.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import { checkOverrides } from '../../../provision/kubeadm/overrides.ts'
import { type SettingFlags, valuesOf } from './setting-flags.ts'

const MAX_BYTES = 2 ** 20

/**
 * The settings from the file, with those of the flags merged over them. Throws `settings/…`, and `override/…` for an
 * override that its component cannot use: the administrator sees it now, not when a node is provisioned.
 */
export async function readSettings(flags: SettingFlags & { file?: string }): Promise<ClusterSettings> {
  const fromFile = flags.file === undefined ? {} : await readSettingsFile(flags.file)
  const settings = merged(fromFile, await valuesOf(flags, readNamed))
  const parsed = ClusterSettings.safeParse(settings)
  if (parsed.success) {
    await checkOverrides(parsed.data.overrides)
    return parsed.data
  }
  const [issue] = parsed.error.issues
  const [field, ...rest] = (issue?.path ?? []).map(String)
  throw wrongSetting(settings, field ?? '', rest)
}

type Values = Readonly<Record<string, unknown>>

/** Mappings are merged key by key. */
function merged(under: Values, over: Values): Values {
  const both = Object.entries(over).map(([name, value]) => {
    const before = under[name]
    return [name, isMapping(before) && isMapping(value) ? { ...before, ...value } : value]
  })
  return { ...under, ...Object.fromEntries(both) }
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrongSetting(settings: Values, field: string, rest: readonly string[]): AgentError {
  const wanted = Object.entries<Setting>(SETTINGS).find(([name]) => name === field)?.[1].wanted
  if (!wanted) {
    const unknown = Object.keys(settings).filter((name) => !(name in SETTINGS))
    return bad('invalid', `unknown setting ${unknown.join(', ')}`, `use one of: ${Object.keys(SETTINGS).join(', ')}`)
  }
  const value = rest.length > 0 ? rest.join('.') : JSON.stringify(settings[field])
  return bad(
    'invalid',
    `found ${field} ${maskSecretForms(value)}; wanted ${wanted}`,
    'see: controller cluster create --help',
  )
}

/** For `NAME=FILE`: the name, and the content of the file. */
async function readNamed(setting: string, given: string): Promise<readonly [string, string]> {
  const [, name = '', path = ''] = /^([^=]+)=(.+)$/.exec(given) ?? []
  const names: readonly string[] = OVERRIDABLE
  if (setting === 'overrides' && !names.includes(name)) {
    throw bad(
      'unknown-component',
      `found --override ${given}; wanted COMPONENT=FILE`,
      `COMPONENT is one of: ${names.join(', ')}`,
    )
  }
  if (path === '')
    throw bad('invalid', `found ${setting} ${given}; wanted NAME=FILE`, 'see: controller cluster create --help')
  return [name, await readText(path)]
}

async function readSettingsFile(path: string): Promise<Values> {
  const { parse } = await import('yaml')
  const text = await readText(path)
  try {
    const value: unknown = parse(text)
    if (isMapping(value)) return value
    throw new Error('it is not a mapping')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw bad('file', `${path}: ${reason}`, 'write the settings as YAML, e.g. cni: calico', cause)
  }
}

export async function readText(path: string): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  const file = { path, what: 'file', code: 'settings', maxBytes: MAX_BYTES, isSecret: false }
  return readGiven({ ...file, ifMissing: 'pass the path of an existing file' })
}

function bad(name: string, message: string, fix: string, cause?: unknown): AgentError {
  return new AgentError(`settings/${name}`, message, { fix, kind: 'invalid', cause })
}
