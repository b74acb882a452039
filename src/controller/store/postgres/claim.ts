import pg from 'pg'
import { AgentError } from '../../../base/agent-error.ts'
import { type Address, shown } from './connect/address.ts'
import { failureOf } from './connect/failures.ts'
import { LOCKS } from './locks.ts'

/** As long as the server takes to find that the session of a controller which was killed, or restarted, has ended. */
const WAIT_MS = 5_000

/** That the database is ours: other controllers do not know of the nodes that are connected here, nor we of theirs. */
export interface Claim {
  /** At once while it is ours; where the connection that held it was lost, it is claimed again. */
  hold(): Promise<void>
  end(): Promise<void>
}

/** An advisory lock, on a connection of its own: it ends with that, however this process ends. */
export function openClaim(connect: () => Promise<pg.Client>, address: Address): Claim {
  let held: Promise<pg.Client> | undefined
  let isEnded = false
  const claim = async () => {
    const client = await connect()
    try {
      await lock(client, address)
    } catch (error) {
      await client.end()
      throw error
    }
    client.once('end', () => {
      held = undefined
      // At once, lest another controller comes first; where that fails, whoever commits next tries again.
      if (!isEnded) hold().catch(() => undefined)
    })
    return client
  }
  const hold = async () => {
    held ??= claim()
    await held.catch((error: unknown) => {
      held = undefined
      throw error
    })
  }
  return {
    hold,
    async end() {
      isEnded = true
      const client = await held?.catch(() => undefined)
      await client?.end()
    },
  }
}

async function lock(client: pg.Client, address: Address): Promise<void> {
  try {
    // A machine that has gone without a word holds it no longer than this; over a socket they mean nothing.
    await client.query('SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3')
    await client.query(`SET lock_timeout = ${WAIT_MS}`)
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCKS.ours, LOCKS.controller])
  } catch (error) {
    const isTaken = error instanceof pg.DatabaseError && error.code === '55P03'
    throw isTaken ? await taken(client, address, error) : failureOf(error, address)
  }
}

async function taken(client: pg.Client, address: Address, cause: Error): Promise<AgentError> {
  const { rows } = await client.query(
    `SELECT coalesce(host(client_addr), 'this machine') AS address, backend_start::timestamptz(0)::text AS since
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2
       AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [LOCKS.ours, LOCKS.controller],
  )
  const [holder] = rows
  const whose = holder ? `a controller at ${holder.address} since ${holder.since}` : 'another controller'
  return new AgentError('store/locked', `${shown(address)} is in use by ${whose}`, {
    fix: 'end the other controller, or give this one another database',
    kind: 'invalid',
    cause,
  })
}
