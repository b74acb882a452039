import { type Command, Option } from 'commander'
import { SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import { collect } from '../../kit/collect.ts'

/** The options that commander parsed, by the names that it derives from the flags. */
export type SettingFlags = Readonly<Record<string, unknown>>

/** One option for each setting. */
export function addSettingFlags(command: Command): Command {
  for (const setting of Object.values<Setting>(SETTINGS)) command.addOption(optionOf(setting))
  return command
}

/** The values of the given flags, by setting. `readNamed` reads the file of a `NAME=FILE` argument of a setting. */
export async function valuesOf(
  flags: SettingFlags,
  readNamed: (setting: string, given: string) => Promise<readonly [string, string]>,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const given = flags[optionOf(setting).attributeName()]
    if (given === undefined) continue
    if (setting.kind === 'pairs') values[name] = parsePairs(given as string[])
    else if (setting.kind === 'files') {
      const files = (given as string[]).map((each) => readNamed(name, each))
      values[name] = Object.fromEntries(await Promise.all(files))
    } else values[name] = setting.kind === 'number' ? Number(given) : given
  }
  return values
}

/** Parses `KEY=VALUE` arguments; without `=` the value is empty. */
function parsePairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

function optionOf({ flag, kind, help, choices, default: standard, example }: Setting): Option {
  const isPlain = kind === 'text' || kind === 'number'
  const notes = isPlain && standard !== undefined && standard !== '' ? [`default ${standard}`] : []
  if (isPlain && choices === undefined) notes.push(`e.g. ${example}`)
  const option = new Option(flag, [help, ...notes].join('; '))
  if (choices) option.choices(choices)
  if (kind === 'list' || kind === 'pairs' || kind === 'files') option.argParser(collect)
  return option
}
