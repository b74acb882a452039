import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { AgentError } from '../../../../base/agent-error.ts'
import { storable } from '../../rows.ts'
import type { Address } from './address.ts'
import { failureOf } from './failures.ts'
import { passwordOf } from './password.ts'

const MAX_CONNECTIONS = 10
const END_MS = 2_000

export interface Limits {
  /** For a new connection, or a free one of the pool. */
  connectMs: number
  /** For one statement; enforced by the server. */
  statementMs: number
  /** For any answer of the server; applies when the network is down and the server cannot report a timeout. */
  answerMs: number
}

export const LIMITS: Limits = { connectMs: 10_000, statementMs: 30_000, answerMs: 35_000 }

/** The message of pg. */
const NO_ANSWER = 'Query read timeout'
const BOOLEAN = 16

/** Chooses the first way of connecting that works. It is used as long as the controller runs: TLS is not dropped later. */
export async function chooseConfig(address: Address, env: NodeJS.ProcessEnv, limits: Limits): Promise<pg.ClientConfig> {
  const [last, ...others] = address.tls.map((ssl) => configOf(address, env, limits, ssl)).reverse()
  if (!last) throw new Error('there is no way to connect')
  for (const config of [...others.reverse(), last]) {
    try {
      await disconnect(await connect(config, address))
      return config
    } catch (error) {
      if (config === last || !canBeOfTls(error)) throw error
    }
  }
  return last
}

/** The caller ends the connection. A lost connection emits `end`. */
export async function connect(config: pg.ClientConfig, address: Address): Promise<pg.Client> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    await disconnect(client)
    throw failureOf(error, address)
  }
}

/** Ends the connection. Does not wait for a server that no longer answers: TCP would give up only after 15 minutes. */
export async function disconnect(client: pg.Client): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, END_MS)
  await Promise.race([client.end(), late])
  clearTimeout(timer)
}

/** A pool that replaces lost connections. Queries on a lost connection reject with an AgentError that has a fix. */
export function openPool(config: pg.ClientConfig, address: Address): PostgresPool {
  const pool = new pg.Pool({
    ...config,
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: 60_000,
    // A commit must be durable, whatever the server's default is.
    onConnect: (client) =>
      client.query(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
      ),
  })
  // Without these handlers, the loss of an idle connection would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      try {
        return guarded(await pool.connect(), address)
      } catch (error) {
        throw failureOf(error, address)
      }
    },
  }
}

/** Makes texts storable, maps errors, and discards a connection after a timeout. */
function guarded(client: pg.PoolClient, address: Address): PostgresPoolClient {
  let isLost = false
  const query = async (sql: string, parameters: readonly unknown[] = []) => {
    try {
      if (isLost) throw new Error(NO_ANSWER)
      return await client.query(sql, parameters.map(asStored))
    } catch (error) {
      isLost ||= error instanceof Error && error.message === NO_ANSWER
      throw failureOf(error, address)
    }
  }
  // The overload with a cursor is not used.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || isLost),
  }
}

function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored)
  return typeof value === 'string' ? storable(value) : value
}

/** The server may not support TLS, or accept only connections with TLS, or only without. */
function canBeOfTls(error: unknown): boolean {
  return error instanceof AgentError && ['store/tls', 'store/access-denied'].includes(error.code)
}

function configOf(
  address: Address,
  env: NodeJS.ProcessEnv,
  limits: Limits,
  ssl: Address['tls'][number],
): pg.ClientConfig {
  const { host, port, user, database } = address
  return {
    ...{ host, port, user, database, ssl },
    password: () => passwordOf(address, env),
    application_name: 'cantrip-controller',
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    query_timeout: limits.answerMs,
    idle_in_transaction_session_timeout: limits.statementMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Values stay texts, which rows.ts parses.
    types: { getTypeParser: (oid: number) => (oid === BOOLEAN ? (text: string) => (text === 't' ? 1 : 0) : String) },
  }
}
