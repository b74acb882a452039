import { AgentError } from '../../../../base/agent-error.ts'
import { command } from '../../../../base/command.ts'
import { printable } from '../../../../base/text/printable.ts'
import { shorten } from '../../../../base/text/shorten.ts'
import { type Address, shown } from './address.ts'

/** A quoted SQL identifier. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const asPostgres = (line: string) => `on the machine of the database: sudo -u postgres ${line}`

/** Codes of https://www.postgresql.org/docs/15/errcodes-appendix.html, and those of Node and pg for failed connections. */
const LOST = /^(?:08...|57P0[1-5]|53300|25P03|E(?:CONN|NOTFOUND|AI_AGAIN|PIPE|HOST|NET|TIMEDOUT|ACCES).*|ENOENT)$/
const LOST_TEXT =
  /^(?:Connection terminated|timeout e|Query read timeout|Client (?:has encountered|was closed)|There was an error establishing)/
const TLS = /^ERR_(?:TLS|SSL)_|^EPROTO$|CERT|_CHAIN$|^UNABLE_TO_/
const MAX_TEXT_BYTES = 1_000
const NO_TLS = 'The server does not support SSL connections'

/** Maps an error of pg to an AgentError with a fix. Other errors are returned unchanged: they are bugs. */
export function failureOf(cause: unknown, address: Address): unknown {
  if (!(cause instanceof Error) || cause instanceof AgentError) return cause
  const code = 'code' in cause ? String(cause.code) : ''
  const found = `PostgreSQL, ${shown(address)}`
  // The other side may not be a server of ours, and the text is logged.
  const why = printable(shorten(cause.message || code, MAX_TEXT_BYTES))
  const { user, database, host, port } = address
  if (LOST.test(code) || LOST_TEXT.test(why)) {
    return new AgentError('store/unreachable', `${found}, does not answer: ${why}`, {
      fix: command`pg_isready --host ${host} --port ${port}  # start it, or repair the network`,
      kind: 'unreachable',
      cause,
    })
  }
  if (TLS.test(code) || why === NO_TLS) {
    const message = `${found}, does not provide the TLS that sslmode requires: ${why}`
    const fix =
      "pass the CA of the server's certificate as sslrootcert and a host name that is in the certificate, or fix ssl_cert_file on the server"
    return new AgentError('store/tls', message, { fix, kind: 'invalid', cause })
  }
  switch (code) {
    case '28P01':
      return new AgentError('store/wrong-password', `${found}, refuses the password of ${user}`, {
        fix: 'write the right password to the file that PGPASSFILE names, or to the systemd credential database-password',
        kind: 'invalid',
        cause,
      })
    case '28000':
      return new AgentError('store/access-denied', `${found}, does not admit the user ${user}: ${why}`, {
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
      return new AgentError(
        'store/no-privilege',
        `${found}: the user ${user} lacks a privilege that the controller needs: ${why}`,
        {
          fix: asPostgres(
            why.includes('for table')
              ? command`psql --dbname ${database} --command ${`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${quoted(user)}`}`
              : command`psql --command ${`ALTER DATABASE ${quoted(database)} OWNER TO ${quoted(user)}`}`,
          ),
          kind: 'invalid',
          cause,
        },
      )
    case '25006':
      return new AgentError('store/read-only', `${found}, is read-only: ${why}`, {
        fix: 'pass the URL of the primary server, not of a standby',
        kind: 'unreachable',
        cause,
      })
    case '53100':
      return new AgentError('store/full', `${found}, has no space left: ${why}`, {
        fix: 'free disk space on the server of the database',
        cause,
      })
    // The limit of a lock is one that the server's administrator has set.
    case '55P03':
    case '57014':
      return new AgentError('store/slow', `${found}, did not answer in time: ${why}`, {
        fix: 'check pg_stat_activity for sessions that hold locks, and the load of the server',
        kind: 'unreachable',
        cause,
      })
  }
  return cause
}
