import { spawn } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import type { SignedInstruction } from '../../protocol/wire/instruction.ts'
import type { Errand, ErrandAnswer } from '../../protocol/wire/operation.ts'
import type { Log } from '../log.ts'
import type { Self } from '../self.ts'
import { isSignedBy } from './instruction-gate.ts'

export interface ErrandsOptions {
  self: Self
  instructionKey: KeyObject
  nodeId: string
  log: Log
  now(): Date
  answer(answer: ErrandAnswer): void
}

const LONGEST_MS = 10 * 60_000

/**
 * Carries an errand out in a process of its own, which knows Kubernetes and is gone when it is done. One that is asked for
 * again meanwhile is answered when that ends. One that nobody signed, that is for another node or too old is not answered.
 */
export function errandTaker(options: ErrandsOptions): (signed: SignedInstruction) => Promise<void> {
  const underWay = new Map<string, Promise<ErrandAnswer>>()
  const begin = async (errand: Errand): Promise<ErrandAnswer> => {
    if ('guest' in errand) options.log('info', `${errand.errand} ${errand.guest.name} (${errand.guest.role})`)
    const answer = await carryOut(options.self, errand)
    if (answer.outcome === 'failed') options.log('error', `${errand.errand}: ${answer.error.message}`)
    return answer
  }
  return async (signed) => {
    const errand = await judgeErrand(signed, options)
    if (typeof errand === 'string') return options.log('error', `refused an errand: ${errand}`)
    const { id, expiresAt: _, ...order } = errand
    const key = JSON.stringify(order)
    const answer = underWay.get(key) ?? begin(errand).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    options.answer({ ...(await answer), id })
  }
}

/** The errand, or what is wrong with it. */
export async function judgeErrand(
  { payload, signature }: SignedInstruction,
  { instructionKey, nodeId, now }: Pick<ErrandsOptions, 'instructionKey' | 'nodeId' | 'now'>,
): Promise<Errand | string> {
  if (!isSignedBy(instructionKey, payload, signature)) return 'the controller did not sign it'
  const { Errand } = await import('../../protocol/wire/operation.ts')
  const parsed = Errand.safeParse(JSON.parse(payload))
  if (!parsed.success) return 'this agent does not know it; update the agent on this node'
  const { node, expiresAt } = parsed.data
  if (node !== nodeId) return `it is for ${node}; this node is ${nodeId}`
  if (new Date(expiresAt) <= now()) return `it expired at ${expiresAt}; compare the clocks of node and controller`
  return parsed.data
}

/** The errand goes in and the answer comes out by pipes, for there are secrets in both. */
async function carryOut(self: Self, errand: Errand): Promise<ErrandAnswer> {
  const [command, ...before] = self
  const child = spawn(command, [...before, 'errand'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: LONGEST_MS })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(errand))
  await new Promise((resolve) => child.once('error', resolve).once('close', resolve))
  try {
    return JSON.parse(output) as ErrandAnswer
  } catch {
    const message = `the process that carried it out ended with exit code ${child.exitCode}`
    const error = { code: 'errand/ended-early', message, fix: 'agent logs on that master' }
    return { id: errand.id, outcome: 'failed', error }
  }
}
