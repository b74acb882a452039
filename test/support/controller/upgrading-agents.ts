import type { Instruction } from '../../../src/protocol/wire/instruction.ts'
import { Operation, OperationAnswer, type OperationOutcome } from '../../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../../src/protocol/wire/released-names.ts'
import { waitFor } from '../wait-for.ts'
import type { ScriptedAgent } from './agent.ts'
import type { SceneNode } from './scene.ts'

/** Agents that carry out an upgrade as those of a healthy cluster do. A test changes what one of them answers. */
export interface UpgradingAgents {
  /** Each instruction and each operation that changes something, in their order: `upgrade m1 v1.37.2`, `cordon-and-drain w1`. */
  readonly happened: string[]
  /** The nodes whose run fails. */
  readonly failing: Set<string>
  /** The nodes whose run does not end until it is deleted from here. */
  readonly held: Set<string>
  /** The master that leads etcd. */
  leader: string
  /** The values of every label, by the names of the nodes. */
  readonly labels: Map<string, string>
  /** What a master answers to an operation, instead of what a healthy cluster answers. */
  answer: (operation: Operation) => OperationOutcome | undefined
  /** Serves another connection of the node. */
  serve(node: SceneNode, agent: ScriptedAgent): void
}

/** All of these have carried out one instruction before. `masters`: the names of those that are masters. */
export function upgradingAgents(nodes: readonly SceneNode[], masters: readonly string[]): UpgradingAgents {
  const agents: UpgradingAgents = {
    happened: [],
    failing: new Set(),
    held: new Set(),
    labels: new Map(),
    leader: 'm1',
    answer: () => undefined,
    serve,
  }
  const sent = new Map<string, number>()

  function serve({ node }: SceneNode, agent: ScriptedAgent): void {
    const takeAll = () => {
      for (const frame of agent.received.splice(0)) {
        agent.lastSeq = Math.max(agent.lastSeq, frame.seq)
        if (frame.t === 'instruct') void carryOut(node.id, agent, JSON.parse(frame.body.payload))
        if (frame.t === OPERATION_FRAME) answerTo(agent, Operation.parse(JSON.parse(frame.body.payload)))
      }
    }
    agent.socket.on('frame', takeAll)
    takeAll()
  }

  async function carryOut(id: string, agent: ScriptedAgent, instruction: Instruction): Promise<void> {
    if (instruction.role === 'reset') return
    const { run, role, params } = instruction
    const { name } = params.node
    agents.happened.push(`${role} ${name} ${params.cluster.kubernetesVersion}`)
    agent.send('ack', {})
    await waitFor(`the test to let ${name} go on`, () => !agents.held.has(name), { withinMs: 120_000, everyMs: 10 })
    const isFailed = agents.failing.has(name)
    const error = { code: 'step/failed', message: `${name} failed`, fix: 'repair it' }
    const seq = (sent.get(id) ?? 1) + 1
    sent.set(id, seq)
    agent.send('result', { run, outcome: isFailed ? 'failed' : 'done', ...(isFailed && { error }) }, seq)
  }

  function answerTo(agent: ScriptedAgent, operation: Operation): void {
    const { id } = operation
    const given = agents.answer(operation) ?? ofHealthyCluster(operation)
    if (given) agent.send(OPERATION_FRAME, OperationAnswer.parse({ id, ...given }))
  }

  function ofHealthyCluster(operation: Operation): OperationOutcome | undefined {
    if ('target' in operation) agents.happened.push(`${operation.operation} ${operation.target.name}`)
    switch (operation.operation) {
      case 'check-upgrade':
        return { outcome: 'done', findings: [] }
      case 'node-labels':
        return { outcome: 'done', labels: [...agents.labels].map(([node, value]) => ({ node, value })) }
      case 'etcd-status': {
        const etcd = masters.map((name) => ({
          name,
          isHealthy: true,
          isLearner: false,
          isLeader: name === agents.leader,
        }))
        return { outcome: 'done', etcd }
      }
      case 'move-leader':
        agents.leader = operation.target.name
        return { outcome: 'done' }
      case 'cordon-and-drain':
      case 'uncordon':
        return { outcome: 'done' }
      default:
        return undefined
    }
  }

  for (const each of nodes) serve(each, each.agent)
  return agents
}
