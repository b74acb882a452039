import { AgentError } from '../../../../base/agent-error.ts'
import { command } from '../../../../base/command.ts'
import { type Address, shown } from './address.ts'

/** A name in SQL, whatever is in it. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const asPostgres = (line: string) => `on the machine of the database: sudo -u postgres ${line}`

/** https://www.postgresql.org/docs/15/errcodes-appendix.html, and what Node and pg call it when a connection fails. */
const LOST = /^(?:08...|57P0[1-4]|53300|25P03|E(?:CONN|NOTFOUND|AI_AGAIN|PIPE|HOST|NET|TIMEDOUT|ACCES).*|ENOENT)$/
const LOST_TEXT =
  /^(?:Connection terminated|timeout e|Query read timeout|Client (?:has encountered|was closed)|There was an error establishing)/
const TLS = /^ERR_(?:TLS|SSL)_|^EPROTO$|CERT|_CHAIN$|^UNABLE_TO_/
const NO_TLS = 'The server does not support SSL connections'

/** What pg rejected with, as an error with a remedy. What stays as it is is a bug, here or there. */
export function failureOf(cause: unknown, address: Address): unknown {
  if (!(cause instanceof Error) || cause instanceof AgentError) return cause
  const code = 'code' in cause ? String(cause.code) : ''
  const [found, why] = [`PostgreSQL, ${shown(address)}`, cause.message || code]
  const { user, database, host, port } = address
  if (LOST.test(code) || LOST_TEXT.test(why)) {
    return new AgentError('store/unreachable', `${found}, does not answer: ${why}`, {
      fix: command`pg_isready --host ${host} --port ${port}  # start it, or repair the network`,
      kind: 'unreachable',
      cause,
    })
  }
  if (TLS.test(code) || why === NO_TLS) {
    const message = `${found}, does not have the TLS that sslmode asks for: ${why}`
    const fix =
      'give sslrootcert the authority of its certificate and the host the name in it, or mend ssl_cert_file there'
    return new AgentError('store/tls', message, { fix, kind: 'invalid', cause })
  }
  switch (code) {
    case '28P01':
      return new AgentError('store/wrong-password', `${found}, refuses the password of ${user}`, {
        fix: 'put the right one into the file that PGPASSFILE names, or into the systemd credential database-password',
        kind: 'invalid',
        cause,
      })
    case '28000':
      return new AgentError('store/access-denied', `${found}, does not let ${user} in: ${why}`, {
        fix: why.includes('does not exist')
          ? asPostgres(command`createuser ${user}`)
          : 'allow the user and the address of this machine in its pg_hba.conf, and reload it',
        kind: 'invalid',
        cause,
      })
    case '3D000':
      return new AgentError('store/no-database', `${found}, does not exist`, {
        fix: asPostgres(command`createdb --owner ${user} --encoding UTF8 --template template0 ${database}`),
        kind: 'invalid',
        cause,
      })
    case '42501':
      return new AgentError('store/no-privilege', `${found}: ${user} may not do what the controller needs: ${why}`, {
        fix: asPostgres(
          why.includes('for table')
            ? command`psql --dbname ${database} --command ${`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${quoted(user)}`}`
            : command`psql --command ${`ALTER DATABASE ${quoted(database)} OWNER TO ${quoted(user)}`}`,
        ),
        kind: 'invalid',
        cause,
      })
    case '25006':
      return new AgentError('store/read-only', `${found}, takes no changes: ${why}`, {
        fix: 'give the URL of the primary server, not of a standby',
        kind: 'unreachable',
        cause,
      })
    case '53100':
      return new AgentError('store/full', `${found}, has no space left: ${why}`, {
        fix: 'make space on the disk of the database',
        cause,
      })
    case '57014':
      return new AgentError('store/slow', `${found}, did not answer in time: ${why}`, {
        fix: 'look at pg_stat_activity for what holds locks, and at the load of the server',
        kind: 'unreachable',
        cause,
      })
  }
  return cause
}
