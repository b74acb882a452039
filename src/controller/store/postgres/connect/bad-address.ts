import { AgentError } from '../../../../base/agent-error.ts'

const EXAMPLES = 'postgres://cantrip@db.example:5432/cantrip or postgres://cantrip@/cantrip?host=/run/postgresql'

/** An invalid URL of a database. */
export function bad(found: string): AgentError {
  const message = `the URL of the database cannot be used: ${found}; wanted postgres://USER@HOST:PORT/DATABASE`
  return new AgentError('store/bad-address', message, { fix: `for example ${EXAMPLES}`, kind: 'invalid' })
}
