import * as z from 'zod/mini'
import { Label } from '../names.ts'
import { type ClusterSettings, SETTINGS, type SettingName } from '../settings/cluster-settings.ts'
import { network } from '../settings/network.ts'
import type { Setting } from '../settings/setting.ts'
import { areQuick, MOST_RULES, MOST_VALUES, NodeRule, type RuleField } from './rule.ts'

export const API_VERSION = 'cantrip/v1'
export const KIND = 'Cluster'

/** The fields of `spec` that are not settings. */
export const SPEC = {
  provision: {
    schema: z.enum(['automatically', 'manually']),
    help: 'whether the nodes that follow the rules are provisioned without a person; default: automatically',
    wanted: 'automatically or manually',
  },
  nodes: {
    schema: z
      .array(NodeRule)
      .check(
        z.maxLength(MOST_RULES),
        z.refine(areQuick, 'they take too long to compare: too many values, or patterns with *'),
      ),
    help: 'rules for nodes; the first one that matches a node applies. Without it, nodes are configured by hand only',
    wanted: `a list of at most ${MOST_RULES} rules, with at most ${MOST_VALUES} values, and few patterns with much after a *`,
  },
} as const satisfies Record<string, RuleField>

type Given<Name extends SettingName> = { [name in Name]: z.ZodMiniOptional<(typeof SETTINGS)[name]['schema']> }
type OfNetwork = keyof typeof network
type OfSpec = Exclude<SettingName, OfNetwork>

/** Without defaults: what the file does not say must not change when the defaults of a later version do. */
const given = <Name extends SettingName>(isIt: (name: string) => boolean) => {
  const all = Object.entries<Setting>(SETTINGS).filter(([name]) => isIt(name))
  return Object.fromEntries(all.map(([name, { schema }]) => [name, z.optional(schema)])) as Given<Name>
}
const isOfNetwork = (name: string) => name in network

export const Spec = z.strictObject({
  ...given<OfSpec>((name) => !isOfNetwork(name)),
  network: z.optional(z.strictObject(given<OfNetwork>(isOfNetwork))),
  provision: z.optional(SPEC.provision.schema),
  nodes: z.optional(SPEC.nodes.schema),
})
export type Spec = z.infer<typeof Spec>

/** A cluster, as a file declares it. */
export const Declaration = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: z.strictObject({ name: Label, project: z.optional(Label) }),
  spec: Spec,
})
export type Declaration = z.infer<typeof Declaration>

/** The rules of a cluster. */
export const NodeRules = z.object({ provision: SPEC.provision.schema, nodes: SPEC.nodes.schema })
export type NodeRules = z.infer<typeof NodeRules>

/** Where the file has a setting. */
export const placeOf = (name: string): string[] => ['spec', ...(isOfNetwork(name) ? ['network'] : []), name]

/** The settings that the file gives. */
export function settingsIn({
  network: ofNetwork = {},
  provision: _,
  nodes: __,
  ...others
}: Spec): Partial<ClusterSettings> {
  const values = Object.entries({ ...others, ...ofNetwork }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(values) as Partial<ClusterSettings>
}

export function rulesIn({ provision = 'automatically', nodes }: Spec): NodeRules | null {
  return nodes === undefined ? null : { provision, nodes }
}

/** Nothing, as the default of a setting that has an empty one. */
export const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/** The file of a cluster. */
export function declarationOf(
  metadata: Declaration['metadata'],
  settings: ClusterSettings,
  rules: NodeRules | null,
): Declaration {
  const values = Object.entries(settings).filter(([, value]) => !isEmpty(value))
  const spec = {
    ...Object.fromEntries(values.filter(([name]) => !isOfNetwork(name))),
    network: Object.fromEntries(values.filter(([name]) => isOfNetwork(name))),
    ...rules,
  }
  return { apiVersion: API_VERSION, kind: KIND, metadata, spec: spec as Spec }
}
