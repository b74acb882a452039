import { parse, stringify } from 'yaml'
import { SETTINGS, type SettingName } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'

/** What somebody typed, by the name of the setting. Text of several lines is a list, `KEY=VALUE` pairs, or YAML. */
export type Drafts = Readonly<Partial<Record<SettingName, string | boolean>>>

export const settingOf = (name: SettingName): Setting => SETTINGS[name]
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

/** What a field shows before somebody types. */
export function draftOf(name: SettingName, value: unknown = settingOf(name).default): string | boolean {
  const { kind } = settingOf(name)
  if (kind === 'switch') return value === true
  if (value === undefined) return ''
  if (kind === 'list') return (value as readonly string[]).join('\n')
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value ?? {})
  if (entries.length === 0) return ''
  return kind === 'pairs' ? entries.map(([key, each]) => `${key}=${each}`).join('\n') : stringify(value)
}

/** The value that a draft means; undefined: none, or the default. Throws if it is no YAML. */
function meantBy(name: SettingName, draft: string | boolean): unknown {
  if (typeof draft === 'boolean') return draft
  const text = draft.trim()
  const { kind } = settingOf(name)
  if (text === '') return undefined
  switch (kind) {
    case 'number':
      return Number(text)
    case 'list':
      return linesOf(text)
    case 'pairs':
      return Object.fromEntries(linesOf(text).map(pairOf))
    case 'files':
      return parse(text)
    default:
      return text
  }
}

const linesOf = (text: string) =>
  text
    .split(/\n/)
    .map((line) => line.trim())
    .filter(Boolean)

function pairOf(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}

/** Why a draft is no value of the setting; undefined if it is one. */
export function draftProblem(name: SettingName, draft: string | boolean): string | undefined {
  const { schema, wanted } = SETTINGS[name]
  try {
    const value = meantBy(name, draft)
    return value === undefined || schema.safeParse(value).success ? undefined : `Wanted ${wanted}`
  } catch {
    return `This is no YAML. Wanted ${wanted}`
  }
}

/** The settings of all drafts that differ from the defaults. */
export function settingsOf(drafts: Drafts): Record<string, unknown> {
  const given = SETTING_NAMES.flatMap((name) => {
    const draft = drafts[name]
    if (draft === undefined || draft === draftOf(name)) return []
    const value = meantBy(name, draft)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(given)
}

/** As people read a name: `Pod subnet`. */
export function titleOf(name: SettingName): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2')
  const plain = words.replace(/ ([A-Z])(?=[a-z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`)
  return TITLES[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1)
}

const TITLES: Readonly<Partial<Record<SettingName, string>>> = {
  certSANs: 'Names in the certificate of the API',
  cni: 'Pod network',
  httpProxy: 'HTTP proxy',
  httpsProxy: 'HTTPS proxy',
  noProxy: 'Without proxy',
  apiEndpoint: 'API endpoint',
  registryCa: 'CAs of registries',
  installerTtlDays: 'Days for which nodes can enrol',
  autoApprove: 'Approve nodes automatically',
  kubernetesVersion: 'Version of Kubernetes',
}
