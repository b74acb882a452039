import * as z from 'zod/mini'
import { type ClusterSettings, SETTINGS, type SettingName } from './cluster-settings.ts'
import type { Setting } from './setting.ts'

type Part = NonNullable<Setting['sentIn']>
type All = typeof SETTINGS

/** The names of the settings that this part of a node's parameters carries. */
type Carried<P extends Part> = { [name in SettingName]: All[name] extends { sentIn: P } ? name : never }[SettingName]

type Shape<P extends Part> = {
  [name in Carried<P>]: All[name] extends { since: string }
    ? z.ZodMiniOptional<All[name]['schema']>
    : All[name]['schema']
}

type Values<P extends Part> = { [name in keyof Shape<P>]: z.output<Shape<P>[name]> }

const carriedIn = (part: Part): [string, Setting][] =>
  Object.entries<Setting>(SETTINGS).filter(([, { sentIn }]) => sentIn === part)

/** The fields for the schema of an instruction. A setting that came after the first release is optional. */
export function shapeOf<P extends Part>(part: P): Shape<P> {
  const fields = carriedIn(part).map(([name, { schema, since }]) => [name, since ? z.optional(schema) : schema])
  return Object.fromEntries(fields) as Shape<P>
}

/** The capabilities of this build for settings that came after the first release. */
export const settingCapabilities = (): string[] =>
  Object.entries<Setting>(SETTINGS).flatMap(([name, { since, sentIn }]) => (since && sentIn ? [`setting/${name}`] : []))

/** Whether an agent with these capabilities accepts an instruction with the setting. */
const isKnown = (name: string, { since }: Setting, capabilities: readonly string[]) =>
  since === undefined || capabilities.includes(`setting/${name}`)

/** The values of this part of an instruction, for an agent with these capabilities. */
export function paramsFor<P extends Part>(
  part: P,
  settings: ClusterSettings,
  capabilities: readonly string[],
): Values<P> {
  const values: Readonly<Record<string, unknown>> = settings
  const known = carriedIn(part).filter(([name, setting]) => isKnown(name, setting, capabilities))
  return Object.fromEntries(
    known.map(([name]) => [name, values[name]]).filter(([, value]) => value !== undefined),
  ) as Values<P>
}

/** The settings without their default value that an agent with these capabilities does not know: it has to be updated. */
export function unknownSettings(settings: ClusterSettings, capabilities: readonly string[]): string[] {
  const values: Readonly<Record<string, unknown>> = settings
  return Object.entries<Setting>(SETTINGS).flatMap(([name, setting]) => {
    const isGiven = values[name] !== undefined && JSON.stringify(values[name]) !== JSON.stringify(setting.default)
    return setting.sentIn && isGiven && !isKnown(name, setting, capabilities) ? [name] : []
  })
}
