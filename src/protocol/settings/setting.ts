import * as z from 'zod/mini'

/** How arguments become the value. `list`: repeated; `pairs`: KEY=VALUE arguments; `files`: NAME=FILE arguments, and the value is the text. */
export type FlagKind = 'text' | 'number' | 'switch' | 'list' | 'pairs' | 'files'

/** What restarts when a setting changes. Containers run on while the kubelet or containerd restarts. */
export type Restarted =
  | 'kubelet'
  | 'containerd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-proxy'

/**
 * How a setting of a running cluster changes. `live`: nothing restarts. `rolling`: on one node after another. `control-plane`: on
 * masters only, one after another. `add-on`: in the cluster, from one master. `never`: with the reason.
 */
export type Change =
  | { readonly class: 'live' }
  | {
      readonly class: 'rolling' | 'control-plane' | 'add-on'
      readonly restarts: readonly Restarted[]
      /** Whether nothing restarts on masters. */
      readonly isOfWorkers?: true
      /** Whether its keys are names of nodes, and only those whose value changes are concerned. */
      readonly isByNode?: true
    }
  | { readonly class: 'never'; readonly because: string }

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
  /** How it changes once nodes are provisioned; `of`: by the key of a mapping, whose parts change in different ways. */
  readonly change: Change | { readonly of: Readonly<Record<string, Change>> }
}

/** Changes add to a mapping, and all settings have to fit into one message to a node. */
export const MOST_ENTRIES = 100
export const hasFewEntries = z.refine<object>((mapping) => Object.keys(mapping).length <= MOST_ENTRIES)

/** By name, which is the key in YAML and JSON. */
export type Settings = Readonly<Record<string, Setting>>
