import { spawn } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import type { SignedInstruction } from '../../protocol/wire/instruction.ts'
import type { Operation, OperationAnswer } from '../../protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import type { Log } from '../log.ts'
import type { Self } from '../self.ts'
import { isSignedBy } from './instruction-gate.ts'

export interface OperationsOptions {
  self: Self
  instructionKey: KeyObject
  nodeId: string
  log: Log
  now(): Date
  answer(answer: OperationAnswer): void
}

const LONGEST_MS = 10 * 60_000

/**
 * Carries an operation out in a process of its own, which knows Kubernetes and is gone when it is done. One that is asked for
 * again meanwhile is answered when that ends. One that nobody signed, that is for another node or too old is not answered.
 */
export function operationTaker(options: OperationsOptions): (signed: SignedInstruction) => Promise<void> {
  const underWay = new Map<string, Promise<OperationAnswer>>()
  const begin = async (operation: Operation, payload: string): Promise<OperationAnswer> => {
    if ('target' in operation)
      options.log('info', `${operation.operation} ${operation.target.name} (${operation.target.role})`)
    const answer = await carryOut(options.self, operation.id, payload)
    if (answer.outcome === 'failed') options.log('error', `${operation.operation}: ${answer.error.message}`)
    return answer
  }
  return async (signed) => {
    const operation = await judgeOperation(signed, options)
    if (typeof operation === 'string') return options.log('error', `refused an operation: ${operation}`)
    const { id, expiresAt: _, ...order } = operation
    const key = JSON.stringify(order)
    const answer = underWay.get(key) ?? begin(operation, signed.payload).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    options.answer({ ...(await answer), id })
  }
}

/** The operation, or what is wrong with it. */
export async function judgeOperation(
  { payload, signature }: SignedInstruction,
  { instructionKey, nodeId, now }: Pick<OperationsOptions, 'instructionKey' | 'nodeId' | 'now'>,
): Promise<Operation | string> {
  if (!isSignedBy(instructionKey, payload, signature)) return 'the controller did not sign it'
  const { Operation } = await import('../../protocol/wire/operation.ts')
  const parsed = Operation.safeParse(JSON.parse(payload))
  if (!parsed.success) return 'this agent does not know it; update the agent on this node'
  const { node, expiresAt } = parsed.data
  if (node !== nodeId) return `it is for ${node}; this node is ${nodeId}`
  if (new Date(expiresAt) <= now()) return `it expired at ${expiresAt}; compare the clocks of node and controller`
  return parsed.data
}

/** The operation goes in and the answer comes out by pipes, for there are secrets in both. */
async function carryOut(self: Self, id: string, payload: string): Promise<OperationAnswer> {
  const [command, ...before] = self
  const child = spawn(command, [...before, 'operation'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: LONGEST_MS })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(payload)
  await new Promise((resolve) => child.once('error', resolve).once('close', resolve))
  try {
    return JSON.parse(output) as OperationAnswer
  } catch {
    const message = `the process that carried it out ended with exit code ${child.exitCode}`
    const error = { code: `${OPERATION_FRAME}/ended-early`, message, fix: 'agent logs on that master' }
    return { id, outcome: 'failed', error }
  }
}
