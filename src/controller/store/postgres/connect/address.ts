import { userInfo } from 'node:os'
import type { ConnectionOptions } from 'node:tls'
import { AgentError } from '../../../../base/agent-error.ts'
import { bad } from './bad-address.ts'
import { tlsChoices } from './tls.ts'

/** The server, the database and the user. */
export interface Address {
  host: string
  port: number
  user: string
  database: string
  /** Ways to connect, in order of preference; false means without TLS. */
  tls: readonly (ConnectionOptions | false)[]
}

const PARAMETERS = ['host', 'port', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']
/** The directory in which Debian's packages and libpq look for the socket of a local server. */
const SOCKETS = '/var/run/postgresql'

/** Parses a URL like libpq. Errors never contain its text, because there could be a password in it. */
export function parseAddress(text: string, env: NodeJS.ProcessEnv): Address {
  // URL does not accept an empty host, which libpq does: it is replaced by "-".
  const completed = text
    .replace(/^(postgres(?:ql)?:\/\/[^/]*@)(?=\/)/, '$1-')
    .replace(/^(postgres(?:ql)?:\/\/)(?=\/)/, '$1-')
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw bad('it does not begin with postgres://')
  if (!URL.canParse(completed)) throw bad('it is not one URL of one server')
  const { username, password, hostname, port, pathname, searchParams, hash } = new URL(completed)
  if (password !== '' || searchParams.has('password')) throw exposed('the URL of the database')
  // Otherwise a part of a password would be used, and shown, as the name of the database or of a parameter.
  if (hash !== '' || [pathname, ...searchParams.keys()].some((part) => part.includes('@')))
    throw bad(
      'a /, ?, # or @ in one of its parts must be written as %2F, %3F, %23 or %40, and a password must not be in it',
    )
  if (env.PGPASSWORD) throw exposed('the environment variable PGPASSWORD')
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined)
    throw bad(`it has the unknown parameter ${unknown}; supported are ${PARAMETERS.join(', ')}`)
  const database = decoded(pathname.slice(1))
  if (database === '') throw bad('it names no database')
  const host = searchParams.get('host') ?? (hostname === '-' ? env.PGHOST : decoded(hostname)) ?? SOCKETS
  const address = {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(searchParams.get('port') ?? (port || (env.PGPORT ?? 5432))),
    user: searchParams.get('user') ?? (decoded(username) || (env.PGUSER ?? userInfo().username)),
    database,
  }
  if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65_535)
    throw bad('its port is not a number from 1 to 65535')
  return { ...address, tls: isSocket(address) ? [false] : tlsChoices(searchParams, env, address.host) }
}

export const isSocket = ({ host }: Pick<Address, 'host'>): boolean => host.startsWith('/')

/** For messages. */
export function shown({ host, port, database }: Address): string {
  return isSocket({ host })
    ? `database ${database} at ${host}/.s.PGSQL.${port}`
    : `database ${database} at ${host}:${port}`
}

function exposed(where: string): AgentError {
  const message = `a password is in ${where}, where other users and programs of this machine can read it`
  return new AgentError('store/exposed-password', message, {
    fix: 'remove the password there, change it, and write the new one to the file that PGPASSFILE names',
    kind: 'invalid',
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('it has a % without two hexadecimal digits')
  }
}
