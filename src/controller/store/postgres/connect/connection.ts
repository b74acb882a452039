import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { AgentError } from '../../../../base/agent-error.ts'
import { storable } from '../../rows.ts'
import type { Address } from './address.ts'
import { failureOf } from './failures.ts'
import { passwordOf } from './password.ts'

const MAX_CONNECTIONS = 10

export interface Limits {
  /** Until a connection is there, or one of the pool is free. */
  connectMs: number
  /** Of one statement, by the server. */
  statementMs: number
  /** Until the server answers at all: where the network has gone, it cannot say that a statement took too long. */
  answerMs: number
}

export const LIMITS: Limits = { connectMs: 10_000, statementMs: 30_000, answerMs: 35_000 }

/** What pg calls it. */
const NO_ANSWER = 'Query read timeout'
const BOOLEAN = 16

/** The first way of connecting that works is the one for as long as the controller runs: TLS, once found, is not given up. */
export async function chooseConfig(address: Address, env: NodeJS.ProcessEnv, limits: Limits): Promise<pg.ClientConfig> {
  const [last, ...others] = address.tls.map((ssl) => configOf(address, env, limits, ssl)).reverse()
  if (!last) throw new Error('there is no way to connect')
  for (const config of [...others.reverse(), last]) {
    try {
      await (await connect(config, address)).end()
      return config
    } catch (error) {
      if (config === last || !canBeOfTls(error)) throw error
    }
  }
  return last
}

/** The caller ends it. It says with `end` that it was lost. */
export async function connect(config: pg.ClientConfig, address: Address): Promise<pg.Client> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end()
    throw failureOf(error, address)
  }
}

/** Connections are made again when they were lost; whoever asked meanwhile is told, with an error that has a remedy. */
export function openPool(config: pg.ClientConfig, address: Address): PostgresPool {
  const pool = new pg.Pool({
    ...config,
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: 60_000,
    // What was acknowledged must be durable, whatever the server's default is.
    onConnect: (client) =>
      client.query(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
      ),
  })
  // Without these a connection that is lost while nobody asks on it would end the process.
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

/** Texts are made storable, errors get a remedy, and a connection that did not answer is not used again. */
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
  // Its other form, with a cursor, is never used.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || isLost),
  }
}

function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored)
  return typeof value === 'string' ? storable(value) : value
}

/** A server without TLS, or one that lets in without, or with it alone. */
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
    // As the server writes them: rows.ts reads texts.
    types: { getTypeParser: (oid: number) => (oid === BOOLEAN ? (text: string) => (text === 't' ? 1 : 0) : String) },
  }
}
