/** A second machine with the key of a node, usually because its disk is a copy. */
export interface Rival {
  /** Addresses of the refused and of the connected machine. */
  address: string
  present: string
  at: Date
}
