import type * as z from 'zod/mini'

/** How the flag's words become the value. `pairs`: KEY=VALUE each; `files`: NAME=FILE each, of which the text is the value. */
export type FlagKind = 'text' | 'number' | 'switch' | 'pairs' | 'files'

/** One setting of a cluster: all that the command line, the YAML file, the nodes and the reference know of it. */
export interface Setting {
  /** Of a value that is given. */
  readonly schema: z.core.SomeType
  /** Where nothing is given; without it the setting may be absent. */
  readonly default?: unknown
  /** As commander takes it, e.g. `--pod-subnet <cidr>`. */
  readonly flag: string
  readonly kind: FlagKind
  /** The only values there are. */
  readonly choices?: readonly string[]
  /** What it is, in a few words. */
  readonly help: string
  /** What a value looks like, with an example: for the message about one that is not so. */
  readonly wanted: string
  /** A value that is not the default. */
  readonly example: unknown
  /** In `cluster show`: settings of one title share a line. `text` is of a value that is there. */
  readonly show: { readonly title: string; text?(value: never): string }
  /** The part of a node's parameters that carries it to every node; without it the controller alone knows it. */
  readonly sentIn?: 'cluster' | 'node'
  /**
   * The version of Cantrip that brought it; absent for those of the first release. An instruction carries a later one only
   * to agents that know it.
   */
  readonly since?: string
  /** Whether a cluster that has begun could do with another value. */
  readonly isMutable: boolean
}

/** By name, which is the key in YAML and JSON. */
export type Settings = Readonly<Record<string, Setting>>
