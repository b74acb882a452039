import { AgentError } from '../../base/agent-error.ts'

/** Nothing of it is read or written: this build does not know what the columns of a later one mean. */
export function newerSchema(where: string, found: number, known: number): AgentError {
  const message = `${where} was written by a newer controller (schema ${found}); this one knows ${known}`
  return new AgentError('store/newer-schema', message, { fix: 'start the newer controller', kind: 'invalid' })
}
