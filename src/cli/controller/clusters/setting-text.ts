import type { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'

/** The settings for `cluster show`. Settings with the same title share a line; `-` stands for an empty value. */
export function settingLines(settings: ClusterSettings): [title: string, text: string][] {
  const values: Readonly<Record<string, unknown>> = settings
  const lines = new Map<string, string[]>()
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const { title } = setting.show
    lines.set(title, [...(lines.get(title) ?? []), ...textOf(setting, values[name])])
  }
  return [...lines].map(([title, texts]) => [title, texts.join(', ') || '-'])
}

function textOf({ show }: Setting, value: unknown): string[] {
  if (value === undefined) return []
  const text = show.text ? show.text(value as never) : String(value)
  return text === '' ? [] : [text]
}
