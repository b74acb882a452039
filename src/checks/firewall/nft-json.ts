/** What is read of the output of `nft -j list ruleset`, see libnftables-json(5). Anything may be absent. */
export interface Ruleset {
  nftables?: Entry[]
}

export interface Entry {
  chain?: Named & { type?: string; hook?: string; policy?: 'accept' | 'drop' }
  rule?: Placed & { chain: string; expr?: Statement[] }
  set?: Named & { elem?: Value[] }
  map?: Named & { elem?: Value[] }
}

interface Placed {
  family: string
  table: string
}

interface Named extends Placed {
  name: string
}

/** One of its keys is set: of a verdict without an operand to null. */
export interface Statement extends Record<string, unknown> {
  match?: { op: string; left: Field; right: Value }
  vmap?: { key: Field; data: Value }
  jump?: { target: string }
  goto?: { target: string }
  /** An extension of iptables that nft has no word for. */
  xt?: { type?: string; name?: string } | null
}

export interface Field {
  payload?: { protocol?: string; field?: string }
  meta?: { key: string }
  ct?: { key: string }
  fib?: { result: string; flags: string | string[] }
  concat?: Field[]
}

export type Value =
  | string
  | number
  | boolean
  | Value[]
  | {
      prefix?: { addr: string; len: number }
      range?: (string | number)[]
      set?: Value[]
      concat?: Value[]
      /** An element with a time-out or a comment. */
      elem?: { val: Value }
    }
