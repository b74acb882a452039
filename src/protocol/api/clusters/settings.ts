import * as z from 'zod/mini'
import { ApiError } from '../access.ts'
import { Flag, type Route } from '../route.ts'
import { DEFAULT_MAX_UNAVAILABLE, MaxUnavailable } from '../updates/max-unavailable.ts'

export const ChangeSettingsRequest = z.strictObject({
  /** A JSON merge patch of the settings: null removes a value, and mappings are merged key by key. */
  settings: z.record(z.string().check(z.maxLength(100)), z.unknown()),
  maxUnavailable: z._default(MaxUnavailable, DEFAULT_MAX_UNAVAILABLE),
})
export type ChangeSettingsRequest = z.infer<typeof ChangeSettingsRequest>

export const SettingsPlan = z.object({
  /** What changes, as `httpProxy` or `overrides.kubelet`, and how. */
  changes: z.array(
    z.object({ name: z.string(), class: z.enum(['live', 'rolling', 'control-plane', 'add-on', 'never']) }),
  ),
  /** In the order in which they are told; `wave` is 0 for masters, which are changed one by one. */
  nodes: z.array(z.object({ name: z.string(), role: z.string(), wave: z.int(), restarts: z.array(z.string()) })),
  /** Whether pods of add-ons are replaced, after all nodes. */
  addOns: z.boolean(),
  /** What prevents the change. */
  problems: z.array(ApiError),
})
export type SettingsPlan = z.infer<typeof SettingsPlan>

export const settingsRoutes = {
  changeSettings: {
    method: 'POST',
    path: '/v1/clusters/{name}/settings',
    access: ['operate'],
    summary:
      'Changes settings, also of a running cluster: masters one by one, then workers in waves; `dryRun`: says what would restart',
    query: z.object({ dryRun: Flag }),
    body: ChangeSettingsRequest,
    // Enough for four overrides of 32 KiB, escaped.
    maxBodyBytes: 512 * 1024,
    answer: SettingsPlan,
    versioned: true,
    repeatable: true,
    errors: [
      ...(['agent/update-needed', 'cluster/gone', 'cluster/unknown', 'labels/reserved', 'restore/busy'] as const),
      'override/not-usable',
      ...(['roles/contradictory', 'settings/fixed', 'settings/invalid', 'settings/no-mirror'] as const),
      ...(['subnet/invalid', 'subnet/one-node', 'subnet/overlap', 'subnet/reserved', 'subnet/unaligned'] as const),
      ...(['upgrade/active', 'upgrade/not-ready'] as const),
    ],
  },
} as const satisfies Record<string, Route>
