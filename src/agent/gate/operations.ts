import { spawn } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { Operation, OperationAnswer } from '../../protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import type { Log } from '../log.ts'
import type { Self } from '../self.ts'
import { openSigned, type SignedKind, SUSPICIOUS } from './open-signed.ts'
import { rememberTaken, type Taken } from './taken.ts'

export interface OperationsOptions {
  self: Self
  /** For updates of the agent: its name if it is a second installation. */
  instance: string | undefined
  instructionKeys(): readonly KeyObject[]
  nodeId: string
  log: Log
  now(): Date
  /** Before an update of the agent: ends what would hold the ledger. */
  freeLedger(): Promise<unknown>
  answer(answer: OperationAnswer): void
}

export const OPERATION: SignedKind<Operation> = {
  code: 'operation',
  noun: 'operation',
  schema: async () => (await import('../../protocol/wire/operation.ts')).Operation,
}

const LONGEST_MS = 10 * 60_000

/**
 * Carries out operations, each in a short-lived process, so that the service does not load the code for Kubernetes. A
 * repeated request is answered when the operation in progress ends. A refused operation is not answered.
 */
export function operationTaker(options: OperationsOptions): (signed: Signed) => Promise<void> {
  const underWay = new Map<string, Promise<OperationAnswer>>()
  const begin = async (operation: Operation, payload: string): Promise<OperationAnswer> => {
    const subject = subjectOf(operation)
    if (subject !== undefined) options.log('info', `${operation.operation} ${subject}`)
    if (operation.operation === 'update-agent') await options.freeLedger()
    const answer = await carryOut(options, operation.id, payload)
    if (answer.outcome === 'failed') options.log('error', `${operation.operation}: ${answer.error.message}`)
    return answer
  }
  const taken = rememberTaken()
  return async (signed) => {
    const now = options.now()
    const opened = await openSigned(OPERATION, signed, { ...options, now, objection: refuseTaken(taken) })
    if (opened.kind === 'refused') {
      return options.log('error', `refused: ${opened.error.message} (${opened.error.code})`)
    }
    const operation = opened.body
    const { id, expiresAt, ...order } = operation
    taken.add(id, expiresAt, now)
    const key = JSON.stringify(order)
    const answer = underWay.get(key) ?? begin(operation, signed.payload).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    options.answer({ ...(await answer), id })
  }
}

/** Who is affected; undefined if the operation only looks. */
function subjectOf(operation: Operation): string | undefined {
  if ('target' in operation) return `${operation.target.name} (${operation.target.role})`
  if ('user' in operation) return `${operation.user} (${operation.role})`
  return 'users' in operation ? operation.users.join(', ') : undefined
}

/** Each request has its own id, also if the controller asks for the same operation again. */
export function refuseTaken(taken: Taken) {
  return ({ id }: Operation): ErrorReport | undefined =>
    taken.has(id)
      ? { code: 'operation/replayed', message: `received the operation ${id} a second time`, fix: SUSPICIOUS }
      : undefined
}

/** Operation and answer are passed by pipes, because both contain secrets. */
async function carryOut(
  { self, instance }: Pick<OperationsOptions, 'self' | 'instance'>,
  id: string,
  payload: string,
): Promise<OperationAnswer> {
  const [command, ...before] = self
  const argv = [...before, 'operation', ...(instance === undefined ? [] : ['--instance', instance])]
  const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'ignore'], timeout: LONGEST_MS })
  let output = ''
  const ended = new Promise((resolve) => child.once('error', resolve).once('close', resolve))
  // Both are undefined if no process could be started because too many files are open.
  const { stdout, stdin }: Partial<Pick<typeof child, 'stdout' | 'stdin'>> = child
  stdout?.on('data', (chunk) => {
    output += chunk
  })
  stdin?.on('error', () => undefined)
  stdin?.end(payload)
  await ended
  try {
    return JSON.parse(output) as OperationAnswer
  } catch {
    const message = `the process of the operation ended with exit code ${child.exitCode}`
    const error = { code: `${OPERATION_FRAME}/ended-early`, message, fix: 'agent logs on that master' }
    return { id, outcome: 'failed', error }
  }
}
