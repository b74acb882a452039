import { AgentError } from '../../base/agent-error.ts'

/** Such a database is neither read nor written: this build does not know its columns. */
export function newerSchema(where: string, found: number, known: number): AgentError {
  const message = `${where} was written by a newer controller (schema ${found}); this one supports schema ${known}`
  return new AgentError('store/newer-schema', message, { fix: 'start the newer controller', kind: 'invalid' })
}

/** `what`: what this build does not know. */
export function newerBackup(what: string): AgentError {
  return new AgentError(
    'backup/newer',
    `a newer controller wrote this: it has ${what}, which this build does not know`,
    {
      fix: 'use the newer controller',
      kind: 'invalid',
    },
  )
}
