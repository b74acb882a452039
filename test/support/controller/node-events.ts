import type { RunEvent } from '../../../src/protocol/wire/event.ts'
import type { PostgresServer } from '../postgres.ts'

const DATABASE = 'cantrip'

/** Ids of the nodes whose stored events are not numbered 1, 2, 3 and so on. The table refuses the same number twice. */
export async function nodesWithGaps(server: PostgresServer): Promise<unknown[]> {
  const found = await server.query(
    DATABASE,
    `SELECT node_id FROM events WHERE node_seq IS NOT NULL
     GROUP BY node_id HAVING min(node_seq) <> 1 OR max(node_seq) <> count(*)`,
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
