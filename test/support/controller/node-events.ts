import type { RunEvent } from '../../../src/protocol/wire/event.ts'
import type { PostgresServer } from '../postgres.ts'

const DATABASE = 'cantrip'

/**
 * Ids of the nodes whose stored events do not begin with number 1, or are not numbered one after another within a run. Between two runs
 * there are numbers of other messages. The table refuses the same number twice.
 */
export async function nodesWithGaps(server: PostgresServer): Promise<unknown[]> {
  const found = await server.query(
    DATABASE,
    `SELECT node_id FROM events WHERE node_seq IS NOT NULL
     GROUP BY node_id, run_id HAVING max(node_seq) - min(node_seq) + 1 <> count(*)
     UNION SELECT node_id FROM events WHERE node_seq IS NOT NULL GROUP BY node_id HAVING min(node_seq) <> 1`,
  )
  return found.map(({ node_id }) => node_id)
}

export interface StoredEvent {
  /** Name of the node. */
  node: string
  run: string
  event: RunEvent
}

/** What the nodes have reported about their runs, in the order of each node. */
export async function storedEvents(server: PostgresServer): Promise<StoredEvent[]> {
  const rows = await server.query(
    DATABASE,
    `SELECT nodes.name AS node, run_id AS run, event FROM events JOIN nodes ON nodes.id = node_id
     WHERE node_seq IS NOT NULL ORDER BY node_id, node_seq`,
  )
  return rows as unknown as StoredEvent[]
}
