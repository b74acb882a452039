import { userInfo } from 'node:os'
import type { ConnectionOptions } from 'node:tls'
import { AgentError } from '../../../../base/agent-error.ts'
import { bad } from './bad-address.ts'
import { tlsChoices } from './tls.ts'

/** Where a database is, and who asks for it. */
export interface Address {
  host: string
  port: number
  user: string
  database: string
  /** How to connect, the first choice first; false is without TLS. */
  tls: readonly (ConnectionOptions | false)[]
}

const PARAMETERS = ['host', 'port', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']
/** Where Debian's packages and libpq look for a server of this machine. */
const SOCKETS = '/var/run/postgresql'

/** Reads a URL as libpq does. Its text is never repeated in an error: there could be a password in it. */
export function parseAddress(text: string, env: NodeJS.ProcessEnv): Address {
  // Between @ and / nothing may be missing for URL, and the scheme must be one that it knows to have a host.
  const completed = text
    .replace(/^(postgres(?:ql)?:\/\/[^/]*@)(?=\/)/, '$1-')
    .replace(/^(postgres(?:ql)?:\/\/)(?=\/)/, '$1-')
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw bad('it does not begin with postgres://')
  if (!URL.canParse(completed)) throw bad('it is not one URL of one server')
  const { username, password, hostname, port, pathname, searchParams } = new URL(completed)
  if (password !== '' || searchParams.has('password')) throw exposed('the URL of the database')
  if (env.PGPASSWORD) throw exposed('the environment variable PGPASSWORD')
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw bad(`it has the parameter ${unknown}, and known are ${PARAMETERS.join(', ')}`)
  const database = decoded(pathname.slice(1))
  if (database === '') throw bad('it names no database')
  const host = searchParams.get('host') ?? (hostname === '-' ? env.PGHOST : decoded(hostname)) ?? SOCKETS
  const address = {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(searchParams.get('port') ?? (port || (env.PGPORT ?? 5432))),
    user: searchParams.get('user') ?? (decoded(username) || (env.PGUSER ?? userInfo().username)),
    database,
  }
  if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65_535) throw bad('its port is no number')
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
    fix: 'change that password, leave it out there, and put the new one into the file that PGPASSFILE names',
    kind: 'invalid',
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('it has a % that no two hexadecimal digits follow')
  }
}
