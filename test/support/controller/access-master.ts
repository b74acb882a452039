import { createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { readCsr } from '../../../src/pki/csr.ts'
import type { ClusterRole } from '../../../src/protocol/names.ts'
import { CAPABILITIES } from '../../../src/protocol/wire/capabilities.ts'
import { Operation, type OperationAnswer } from '../../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../../src/protocol/wire/released-names.ts'
import { connectAgent, factsAt, type ScriptedAgent } from './agent.ts'
import type { Scene, SceneNode } from './scene.ts'

const HOUR_MS = 3_600_000

/** A master whose cluster has a CA and bindings, in place of Kubernetes. It answers the operations for people's access. */
export interface AccessMaster {
  agent: ScriptedAgent
  ca: string
  bound: Map<string, ClusterRole>
  asked: Operation[]
}

/** Connects the node again, with an agent of this build. */
export async function openAccessMaster(
  scene: Scene,
  { node }: Pick<SceneNode, 'node'>,
  bound = new Map<string, ClusterRole>(),
): Promise<AccessMaster> {
  const now = new Date()
  const ca = createCa({ commonName: 'kubernetes', days: 30, now })
  const more = { capabilities: [...CAPABILITIES] }
  const agent = await connectAgent(scene.controller, node, 1_000, factsAt('10.0.0.1'), more)
  const asked: Operation[] = []
  const answer = (operation: Operation): Omit<OperationAnswer & { outcome: 'done' }, 'id'> => {
    if (operation.operation === 'list-access')
      return { outcome: 'done', bound: [...bound].map(([user, role]) => ({ user, role })) }
    if (operation.operation === 'revoke-access') for (const user of operation.users) bound.delete(user)
    if (operation.operation !== 'grant-access') return { outcome: 'done' }
    bound.set(operation.user, operation.role)
    const { publicKey } = readCsr(operation.csr)
    const notBefore = new Date(now.getTime() + operation.seconds * 1_000 - 24 * HOUR_MS)
    const order = { ca, publicKey, commonName: operation.user, usages: ['clientAuth'] as const, notBefore, days: 1 }
    return { outcome: 'done', signed: { certificate: issueCertificate(order), ca: ca.certificate } }
  }
  agent.socket.on('frame', () => {
    const frame = agent.received.find(({ t }) => t === OPERATION_FRAME)
    if (frame?.t !== OPERATION_FRAME) return
    agent.received.splice(agent.received.indexOf(frame), 1)
    const operation = Operation.parse(JSON.parse(frame.body.payload))
    asked.push(operation)
    agent.send(OPERATION_FRAME, { id: operation.id, ...answer(operation) })
  })
  return { agent, ca: ca.certificate, bound, asked }
}
