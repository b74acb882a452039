import type { NodeRole } from '../../../protocol/names.ts'

/** A machine of an inventory, and how to reach it. */
export interface InventoryHost {
  name: string
  /** Name or address for SSH. */
  address: string
  /** What is null is left to ssh and its configuration. */
  port: number | null
  user: string | null
  keyFile: string | null
  /** Empty: the inventory does not tell. */
  roles: NodeRole[]
  labels: Record<string, string>
  groups: string[]
  /** Names of variables that Cantrip does not use, sorted. Their values can be secrets. */
  unused: string[]
}
