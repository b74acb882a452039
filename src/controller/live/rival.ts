/** A second machine that shows itself with the key of a node: a copy of its disk, as a rule. */
export interface Rival {
  /** From where it came, and from where the one comes that is connected. */
  address: string
  present: string
  at: Date
}
