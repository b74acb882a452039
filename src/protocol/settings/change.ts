import { isDeepStrictEqual } from 'node:util'
import { SETTINGS } from './cluster-settings.ts'
import type { Change, Restarted, Setting } from './setting.ts'

/** How a setting, or a key of it (`overrides.kubelet`), changes on a running cluster. */
export interface SettingChange {
  readonly name: string
  readonly change: Change
  /** Whether nodes have to be told. */
  readonly isSent: boolean
  /** The names of the only nodes that it concerns. */
  readonly only?: readonly string[]
}

/** What differs between two sets of settings, each with how it changes. */
export function changesBetween(before: object, after: object): SettingChange[] {
  const [was, is] = [before, after] as Readonly<Record<string, unknown>>[]
  return Object.entries<Setting>(SETTINGS).flatMap(([name, { change, sentIn }]) => {
    const [from, to] = [was?.[name], is?.[name]]
    if (isSame(from, to)) return []
    const isSent = sentIn !== undefined
    if (!('of' in change)) {
      const only = 'isByNode' in change ? keysThatDiffer(from, to) : undefined
      return [{ name, change, isSent, ...(only && { only }) }]
    }
    return Object.entries(change.of).flatMap(([key, its]) =>
      isSame(at(from, key), at(to, key)) ? [] : [{ name: `${name}.${key}`, change: its, isSent }],
    )
  })
}

/** The reason why a setting cannot change on a running cluster. */
export function reasonOf(name: string): string | undefined {
  const change = (SETTINGS as Readonly<Record<string, Setting>>)[name]?.change
  return change && 'class' in change && change.class === 'never' ? change.because : undefined
}

/** What restarts on a node; those of the control plane only on masters. */
export function restartsOn(changes: readonly SettingChange[], { name, isMaster }: ChangedNode): Restarted[] {
  const restarts = changes.flatMap(({ change, only }) => {
    if (only && !only.includes(name)) return []
    if (change.class === 'rolling') return isMaster && change.isOfWorkers ? [] : change.restarts
    return change.class === 'control-plane' && isMaster ? change.restarts : []
  })
  return [...new Set(restarts)]
}

export interface ChangedNode {
  name: string
  isMaster: boolean
}

function keysThatDiffer(from: unknown, to: unknown): string[] {
  const keys = [from, to].flatMap((value) => Object.keys(value ?? {}))
  return [...new Set(keys)].filter((key) => !isSame(at(from, key), at(to, key)))
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined

/** Whether two values are the same as JSON: the order of keys does not count, and a field without a value is an absent one. */
export const isSame = (one: unknown, other: unknown): boolean => isDeepStrictEqual(plain(one), plain(other))

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
