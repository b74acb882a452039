import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../../../base/agent-error.ts'
import { command } from '../../../../base/command.ts'
import { homeDirectory } from '../../../../base/user/home-directory.ts'
import { type Address, isSocket, shown } from './address.ts'

/** The name of the systemd credential (LoadCredential= or SetCredentialEncrypted=). */
const CREDENTIAL = 'database-password'
const WHERE = `the file that PGPASSFILE names, as a line HOST:PORT:DATABASE:USER:PASSWORD, or the systemd credential ${CREDENTIAL}`

/** In the first four fields, colons and backslashes are escaped with a backslash; the password is the rest of the line. */
const FIELD = String.raw`((?:\\.|[^:\\])*)`
const LINE = new RegExp(`^${`${FIELD}:`.repeat(4)}(.*)$`)

/** Called for each connection for which the server requires a password, so a changed password needs no restart. */
export function passwordOf(address: Address, env: NodeJS.ProcessEnv): string {
  const password = fromCredential(env) ?? fromPasswordFile(address, env)
  if (password !== undefined) return password
  const message = `PostgreSQL requires the password of ${address.user} for ${shown(address)}, and none was found`
  throw new AgentError('store/no-password', message, { fix: `write it to ${WHERE}`, kind: 'invalid' })
}

function fromCredential({ CREDENTIALS_DIRECTORY: directory }: NodeJS.ProcessEnv): string | undefined {
  return directory === undefined ? undefined : read(join(directory, CREDENTIAL))?.replace(/\r?\n$/, '')
}

/** The first matching line, as for libpq: https://www.postgresql.org/docs/15/libpq-pgpass.html */
function fromPasswordFile(address: Address, { PGPASSFILE }: NodeJS.ProcessEnv): string | undefined {
  const path = PGPASSFILE ?? join(homeDirectory(), '.pgpass')
  const text = read(path)
  if (text === undefined) return undefined
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new AgentError('store/exposed-password', `other users can read ${path}, which contains passwords`, {
      fix: command`chmod 0600 ${path}`,
      kind: 'invalid',
    })
  }
  const { host, port, database, user } = address
  const wanted = [
    isSocket(address) && host === '/var/run/postgresql' ? 'localhost' : host,
    String(port),
    database,
    user,
  ]
  const lines = text.split(/\r?\n/).flatMap((line) => (line.startsWith('#') ? [] : [LINE.exec(line)?.slice(1) ?? []]))
  const found = lines.find((fields) => wanted.every((value, at) => fields[at] === '*' || plain(fields[at]) === value))
  return plain(found?.[4])
}

const plain = (field: string | undefined) => field?.replace(/\\(.)/g, '$1')

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    if (code === 'ENOENT') return undefined
    throw new AgentError('store/no-password', `cannot read ${path}, which may contain the password: ${code}`, {
      fix: 'make it readable for the user of the controller, and only for that user',
      kind: 'invalid',
    })
  }
}
