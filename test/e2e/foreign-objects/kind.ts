/** When the object is created: before the agent, between its installation and Kubernetes, or while the node is READY. */
const MOMENTS = ['before', 'installed', 'provisioned'] as const
export type Moment = (typeof MOMENTS)[number]

/**
 * A kind of object that a user or another program creates on a node. In its scripts for /bin/sh, `{n}` is 1, 2 or 3 by
 * the moment, so that each moment has its own object. Names contain `frgn` (foreign; short enough for network interfaces)
 * unless the kind needs another name.
 */
export interface Kind {
  readonly name: string
  readonly plant: string
  /** Prints the state of the object: the same text until somebody changes or recreates it. */
  readonly look: string
  /** The first moment: on a machine without Kubernetes the prechecks would report it as a trace of an earlier cluster. */
  readonly from?: Moment
  /** Matches its lines in `listHost` that do not contain `frgn`. */
  readonly marks?: RegExp
}

const ORDER: Record<Moment, number> = { before: 1, installed: 2, provisioned: 3 }

export const numberOf = (moment: Moment) => ORDER[moment]

export function kindsAt(kinds: readonly Kind[], moment: Moment): Kind[] {
  return kinds.filter(({ from }) => from === undefined || ORDER[from] <= ORDER[moment])
}
