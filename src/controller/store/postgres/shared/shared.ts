import { type Kysely, sql } from 'kysely'
import type pg from 'pg'
import type { HeldSession, Message, Notice, Shared } from '../../shared.ts'
import { anyOf } from '../changes.ts'
import type { Tables } from '../tables.ts'
import { CHANNEL, openListener, type Payload } from './listener.ts'
import { openRegistration } from './registration.ts'

const MESSAGE_TTL = sql.raw("interval '60 s'")
const LIVE = sql.raw('(SELECT id FROM controllers WHERE alive_until > clock_timestamp())')
/** Microseconds of the database: a later session of a node has a higher number, also after a crash of the server. */
const NUMBER = sql.raw('(extract(epoch FROM clock_timestamp()) * 1000000)::bigint')
/** With more ids, the notice would exceed the limit of PostgreSQL. */
const MOST_IDS = 200

type Db = Kysely<Tables>

export interface SharedDatabase {
  shared: Shared
  /** Tells the other controllers in the transaction of a commit. */
  announce(tx: Db, notice: Notice): Promise<void>
  end(): Promise<void>
}

/** See docs/adr/0045. Heartbeats use the connection on which notices arrive, so both work or both are noticed to fail. */
export function openShared(
  db: Db,
  connect: () => Promise<pg.Client>,
  asFailure: (error: unknown) => unknown,
): SharedDatabase {
  const own = openRegistration()
  let on: (notice: Notice | 'lost') => void = () => undefined
  const listener = openListener(connect, (received) => {
    if (received === 'lost') on('lost')
    else if (received.from !== own.id() && (received.to ?? own.id()) === own.id()) on(received.notice)
  })
  const onListener = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = await listener.client()
    try {
      return await work(client)
    } catch (error) {
      // A connection that does not answer brings no notices either.
      void client.end().catch(() => undefined)
      throw asFailure(error)
    }
  }
  const announce = async (tx: Db, notice: Notice, to?: string) => {
    const payload: Payload = { from: own.id(), ...(to !== undefined && { to }), notice: shortened(notice) }
    await sql`SELECT pg_notify(${CHANNEL}, ${JSON.stringify(payload)})`.execute(tx)
  }
  const shared: Shared = {
    register: (self) => onListener((client) => own.register(client, self)),
    beat: (bundles = []) => onListener((client) => own.beat(client, bundles)),
    leave: () => onListener((client) => own.leave(client)),
    async lease(clusterId) {
      const { rows } = await sql<{ lease: string }>`
        UPDATE cluster_versions SET holder = ${own.id()}, lease = lease + 1, version = version + 1
        WHERE cluster_id = ${clusterId} AND (holder IS NULL OR holder NOT IN ${LIVE})
          AND EXISTS (SELECT 1 FROM controllers WHERE id = ${own.id()})
        RETURNING lease`.execute(db)
      const found = rows[0] ?? (await leaseOf(db, clusterId, own.id()))
      return found && Number(found.lease)
    },
    async open(sessions) {
      if (sessions.length === 0) return []
      const ids = sessions.map(({ nodeId }) => nodeId)
      const capabilities = sessions.map((each) => JSON.stringify(each.capabilities))
      return db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ node_id: string; number: string }>`
          INSERT INTO sessions (node_id, controller, number, capabilities)
          SELECT node_id, ${own.id()}, ${NUMBER}, capabilities::json
          FROM unnest(${ids}::text[], ${capabilities}::text[]) AS new (node_id, capabilities) ORDER BY node_id
          ON CONFLICT (node_id) DO UPDATE SET
            controller = EXCLUDED.controller, number = EXCLUDED.number, capabilities = EXCLUDED.capabilities
          RETURNING node_id, number`.execute(tx)
        for (let at = 0; at < ids.length; at += MOST_IDS)
          await announce(tx, { kind: 'sessions', nodes: ids.slice(at, at + MOST_IDS) })
        const numbers = new Map(rows.map(({ node_id, number }) => [node_id, Number(number)]))
        return ids.map((id) => numbers.get(id) ?? 0)
      })
    },
    async close(nodeId, number) {
      await db.transaction().execute(async (tx) => {
        await sql`DELETE FROM sessions WHERE node_id = ${nodeId} AND number = ${number}`.execute(tx)
        await announce(tx, { kind: 'sessions', nodes: [nodeId] })
      })
    },
    async sessions(nodeIds) {
      const only = nodeIds ? sql`AND node_id = ${anyOf(nodeIds)}` : sql``
      const { rows } = await sql<Record<'node_id' | 'controller' | 'number' | 'capabilities', string>>`
        SELECT node_id, controller, number, capabilities FROM sessions WHERE controller IN ${LIVE} ${only}`.execute(db)
      return rows.map(
        ({ node_id, controller, number, capabilities }): HeldSession => ({
          nodeId: node_id,
          controller,
          number: Number(number),
          capabilities: JSON.parse(capabilities),
        }),
      )
    },
    async post(to, body) {
      await db.transaction().execute(async (tx) => {
        await sql`
          INSERT INTO messages (sender, recipient, body, expires_at)
          VALUES (${own.id()}, ${to}, ${JSON.stringify(body)}, clock_timestamp() + ${MESSAGE_TTL})`.execute(tx)
        await announce(tx, { kind: 'message' }, to)
      })
    },
    async take() {
      const { rows } = await sql<{ id: string; sender: string; body: string }>`
        DELETE FROM messages WHERE recipient = ${own.id()} RETURNING id, sender, body`.execute(db)
      const sorted = rows.sort((a, b) => Number(a.id) - Number(b.id))
      return sorted.map(({ sender, body }): Message => ({ from: sender, body: JSON.parse(body) }))
    },
    listen(listenerOf) {
      on = listenerOf
    },
    async keys() {
      const { rows } = await sql<{ generation: string; fingerprints: string }>`SELECT * FROM shared_keys`.execute(db)
      const [row] = rows
      return row && { generation: Number(row.generation), fingerprints: JSON.parse(row.fingerprints) }
    },
    async setKeys({ generation, fingerprints }) {
      await sql`
        INSERT INTO shared_keys (generation, fingerprints) VALUES (${generation}, ${JSON.stringify(fingerprints)})
        ON CONFLICT (id) DO UPDATE SET generation = EXCLUDED.generation, fingerprints = EXCLUDED.fingerprints
        WHERE shared_keys.generation < EXCLUDED.generation`.execute(db)
    },
  }
  return { shared, announce, end: () => listener.end() }
}

async function leaseOf(db: Db, clusterId: string, holder: string): Promise<{ lease: string } | undefined> {
  const { rows } = await sql<{ lease: string }>`
    SELECT lease FROM cluster_versions WHERE cluster_id = ${clusterId} AND holder = ${holder}`.execute(db)
  return rows[0]
}

function shortened(notice: Notice): Notice {
  if (notice.kind !== 'cluster' || (notice.nodes?.length ?? 0) <= MOST_IDS) return notice
  const { nodes: _, ...rest } = notice
  return rest
}
