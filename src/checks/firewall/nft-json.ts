/** The parts of the output of `nft -j list ruleset` that are read, see libnftables-json(5). All are optional. */
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

/** Has exactly one key; a verdict without an operand is null. */
export interface Statement extends Record<string, unknown> {
  match?: { op: string; left: Field; right: Value }
  vmap?: { key: Field; data: Value }
  jump?: { target: string }
  goto?: { target: string }
  /** An iptables extension that nft cannot express. */
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
      /** An element with a timeout or a comment. */
      elem?: { val: Value }
    }
