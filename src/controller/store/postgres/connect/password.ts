import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AgentError } from '../../../../base/agent-error.ts'
import { command } from '../../../../base/command.ts'
import { type Address, isSocket, shown } from './address.ts'

/** Of systemd's LoadCredential= or SetCredentialEncrypted=. */
const CREDENTIAL = 'database-password'
const WHERE = `the file that PGPASSFILE names, as a line HOST:PORT:DATABASE:USER:PASSWORD, or the systemd credential ${CREDENTIAL}`

/** A colon or backslash has a backslash before it, but in the password, which is the rest. */
const FIELD = String.raw`((?:\\.|[^:\\])*)`
const LINE = new RegExp(`^${`${FIELD}:`.repeat(4)}(.*)$`)

/** Asked only when the server wants a password, each time: a new one needs no restart. */
export function passwordOf(address: Address, env: NodeJS.ProcessEnv): string {
  const password = fromCredential(env) ?? fromPasswordFile(address, env)
  if (password !== undefined) return password
  const message = `PostgreSQL asks for the password of ${address.user} for ${shown(address)}, and none was found`
  throw new AgentError('store/no-password', message, { fix: `put it into ${WHERE}`, kind: 'invalid' })
}

function fromCredential({ CREDENTIALS_DIRECTORY: directory }: NodeJS.ProcessEnv): string | undefined {
  return directory === undefined ? undefined : read(join(directory, CREDENTIAL))?.replace(/\r?\n$/, '')
}

/** The first line that fits, as libpq takes it: https://www.postgresql.org/docs/15/libpq-pgpass.html */
function fromPasswordFile(address: Address, { PGPASSFILE }: NodeJS.ProcessEnv): string | undefined {
  const path = PGPASSFILE ?? join(homedir(), '.pgpass')
  const text = read(path)
  if (text === undefined) return undefined
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new AgentError('store/exposed-password', `other users can read ${path}, which holds passwords`, {
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
    throw new AgentError('store/no-password', `${path}, which may hold the password, cannot be read (${code})`, {
      fix: 'let the user that the controller runs as read it, and nobody else',
      kind: 'invalid',
    })
  }
}
