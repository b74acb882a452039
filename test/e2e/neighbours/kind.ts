/** When it comes: before the agent, between its installation and Kubernetes, and while the node is READY. */
export const MOMENTS = ['before', 'installed', 'provisioned'] as const
export type Moment = (typeof MOMENTS)[number]

/**
 * Something of another program or of a person on a node. Scripts for /bin/sh, in which `{n}` is 1, 2 or 3 by the moment, so
 * that each moment has one of its own. Names have `cnry` in them where nothing else is asked for.
 */
export interface Kind {
  readonly name: string
  readonly plant: string
  /** Prints how it is: the same text for as long as nobody has touched it, nor made it anew. */
  readonly look: string
  /** Not planted earlier: on a machine without Kubernetes it would be taken for the trace of an earlier one. */
  readonly from?: Moment
  /** Lines of an independent look at the host that are its doing, where they do not have `cnry` in them. */
  readonly marks?: RegExp
}

const ORDER: Record<Moment, number> = { before: 1, installed: 2, provisioned: 3 }

export const numberOf = (moment: Moment) => ORDER[moment]

export function kindsAt(kinds: readonly Kind[], moment: Moment): Kind[] {
  return kinds.filter(({ from }) => from === undefined || ORDER[from] <= ORDER[moment])
}
