import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { type Beat, LAPSE_MS, type Registration, type SharedBundle } from '../../shared.ts'

const UNTIL = `clock_timestamp() + interval '${LAPSE_MS} ms'`
/** Of a controller that is gone, for its sessions to be forgotten. */
const FORGOTTEN = `clock_timestamp() - interval '60 s'`
const LIVE = 'SELECT id FROM controllers WHERE alive_until > clock_timestamp()'

export interface OwnRegistration {
  /** Of this process; empty before it is registered. */
  id(): string
  register(client: pg.Client, self: Registration): Promise<void>
  beat(client: pg.Client, bundles: readonly SharedBundle[]): Promise<Beat>
  leave(client: pg.Client): Promise<void>
}

/** The row of this process in the table of controllers. */
export function openRegistration(): OwnRegistration {
  let own: { id: string; self: Registration } | undefined
  let untilMs = 0
  const registered = () => {
    if (own) return own
    throw new Error('this controller is not registered')
  }
  const add = async (client: pg.Client) => {
    const { id, self } = registered()
    const { rowCount } = await client.query(
      `INSERT INTO controllers (id, place, urls, version, alive_until) VALUES ($1, $2, $3, $4, ${UNTIL})
       ON CONFLICT (place) DO NOTHING`,
      [id, self.place, JSON.stringify(self.urls), self.version],
    )
    untilMs = performance.now() + LAPSE_MS
    return rowCount === 1
  }
  return {
    id: () => own?.id ?? '',
    async register(client, self) {
      own = { id: randomUUID(), self }
      await client.query('DELETE FROM controllers WHERE place = $1', [self.place])
      await add(client)
    },
    async beat(client, bundles) {
      const { id } = registered()
      const isLate = performance.now() > untilMs
      const startedMs = performance.now()
      const { rowCount } = await client.query(
        `UPDATE controllers SET alive_until = ${UNTIL}, bundles = $2 WHERE id = $1`,
        [id, JSON.stringify(bundles)],
      )
      const isNew = rowCount === 0
      // Refused where another process uses the same data directory.
      const isRegistered = !isNew || (await add(client))
      if (isRegistered) {
        untilMs = startedMs + LAPSE_MS
        // The version fences commits that were decided before: see docs/adr/0045.
        await client.query(
          `UPDATE cluster_versions SET holder = $1, lease = lease + 1, version = version + 1
           WHERE holder IS NULL OR holder NOT IN (${LIVE})`,
          [id],
        )
      }
      await client.query(`DELETE FROM controllers WHERE alive_until < ${FORGOTTEN}`)
      await client.query('DELETE FROM messages WHERE expires_at < clock_timestamp()')
      return { id, hadLapsed: isNew || isLate, ...(await overviewFor(client, isRegistered ? id : '')) }
    },
    async leave(client) {
      if (own) await client.query('DELETE FROM controllers WHERE id = $1', [own.id])
    },
  }
}

async function overviewFor(
  client: pg.Client,
  id: string,
): Promise<Pick<Beat, 'now' | 'controllers' | 'held' | 'elsewhere'>> {
  const clock = await client.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now')
  const live = await client.query(
    'SELECT id, urls, version, bundles FROM controllers WHERE alive_until > clock_timestamp() ORDER BY id',
  )
  const leases = await client.query(`SELECT cluster_id, holder, lease FROM cluster_versions WHERE holder IN (${LIVE})`)
  const own = leases.rows.filter(({ holder }) => holder === id)
  const others = leases.rows.filter(({ holder }) => holder !== id)
  return {
    now: new Date(Number(clock.rows[0]?.now)),
    controllers: live.rows.map((row) => ({
      id: row.id,
      urls: JSON.parse(row.urls),
      version: row.version,
      bundles: JSON.parse(row.bundles),
    })),
    held: new Map(own.map(({ cluster_id, lease }) => [cluster_id, Number(lease)])),
    elsewhere: new Set(others.map(({ cluster_id }) => cluster_id)),
  }
}
