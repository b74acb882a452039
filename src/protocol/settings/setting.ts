import type * as z from 'zod/mini'

/** How arguments become the value. `pairs`: KEY=VALUE arguments; `files`: NAME=FILE arguments, and the value is the text. */
export type FlagKind = 'text' | 'number' | 'switch' | 'pairs' | 'files'

/** One setting of a cluster, for the command line, the YAML file, the nodes and the reference. */
export interface Setting {
  readonly schema: z.core.SomeType
  /** Without a default, the setting is optional. */
  readonly default?: unknown
  /** In commander's syntax, e.g. `--pod-subnet <cidr>`. */
  readonly flag: string
  readonly kind: FlagKind
  /** All valid values. */
  readonly choices?: readonly string[]
  readonly help: string
  /** What a valid value is, with an example, for the message about an invalid one. */
  readonly wanted: string
  /** A value other than the default. */
  readonly example: unknown
  /** In `cluster show`, settings with the same title share a line. `text` formats the value. */
  readonly show: { readonly title: string; text?(value: never): string }
  /** The part of the parameters that sends the setting to every node; absent if only the controller uses it. */
  readonly sentIn?: 'cluster' | 'node'
  /**
   * The version of Cantrip that added the setting; absent for those of the first release. An instruction has a later one
   * only for agents that know it.
   */
  readonly since?: string
  /** Whether the setting could change once nodes are provisioned. */
  readonly isMutable: boolean
}

/** By name, which is the key in YAML and JSON. */
export type Settings = Readonly<Record<string, Setting>>
