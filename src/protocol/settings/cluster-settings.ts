import * as z from 'zod/mini'
import { enrolment } from './enrolment.ts'
import { kubernetes } from './kubernetes.ts'
import { network } from './network.ts'
import { nodes } from './nodes.ts'
import { overrides } from './overrides.ts'
import { registries } from './registries.ts'
import type { Setting, Settings } from './setting.ts'

/** All settings of a cluster: the only place where they are listed. */
export const SETTINGS = {
  ...kubernetes,
  ...network,
  ...nodes,
  ...registries,
  ...enrolment,
  ...overrides,
} as const satisfies Settings

export type SettingName = keyof typeof SETTINGS

type Field<S extends Setting> = S extends { readonly default: unknown }
  ? z.ZodMiniDefault<S['schema']>
  : z.ZodMiniOptional<S['schema']>

const fieldOf = (setting: Setting) =>
  setting.default === undefined ? z.optional(setting.schema) : z._default(setting.schema, setting.default)

/** The settings of a cluster as the administrator gives them and the controller stores them. */
export const ClusterSettings = z.strictObject(
  Object.fromEntries(Object.entries<Setting>(SETTINGS).map(([name, setting]) => [name, fieldOf(setting)])) as {
    [name in SettingName]: Field<(typeof SETTINGS)[name]>
  },
)
export type ClusterSettings = z.infer<typeof ClusterSettings>
