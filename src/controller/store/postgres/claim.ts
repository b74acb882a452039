import pg from 'pg'
import { AgentError } from '../../../base/agent-error.ts'
import { type Address, shown } from './connect/address.ts'
import { disconnect } from './connect/connection.ts'
import { failureOf } from './connect/failures.ts'
import { LOCKS } from './locks.ts'

/** The time in which the server notices that the session of a killed or restarted controller has ended. */
const WAIT_MS = 5_000

/** The exclusive use of the database: another controller would not know which nodes are connected to this one. */
export interface Claim {
  /** Resolves while the claim is held. If its connection was lost, claims the database again. */
  hold(): Promise<void>
  end(): Promise<void>
}

/** An advisory lock on a separate connection. The server releases it when the connection ends, however this process ends. */
export function openClaim(connect: () => Promise<pg.Client>, address: Address): Claim {
  let held: Promise<pg.Client> | undefined
  let isEnded = false
  const claim = async () => {
    const client = await connect()
    try {
      await lock(client, address)
    } catch (error) {
      await disconnect(client)
      throw error
    }
    client.once('end', () => {
      held = undefined
      // Immediately, so that no other controller gets the lock first. After a failure, the next commit tries again.
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
      if (client) await disconnect(client)
    },
  }
}

async function lock(client: pg.Client, address: Address): Promise<void> {
  try {
    // The server releases the lock of a machine that lost power after this time. Ignored on a Unix socket.
    await client.query('SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3')
    await client.query(`SET lock_timeout = ${WAIT_MS}`)
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCKS.cantrip, LOCKS.controller])
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
    [LOCKS.cantrip, LOCKS.controller],
  )
  const [holder] = rows
  // A user who may not see the session gets nulls.
  const whose = holder?.since ? `a controller at ${holder.address} since ${holder.since}` : 'another controller'
  return new AgentError('store/locked', `${shown(address)} is in use by ${whose}`, {
    fix: 'stop the other controller, or use another database for this one',
    kind: 'invalid',
    cause,
  })
}
