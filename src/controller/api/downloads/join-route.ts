import type { FastifyReply, FastifyRequest } from 'fastify'
import { JOIN_TOKEN_HEADER, type JoinArchitecture } from '../../../protocol/api/identities/join.ts'
import { admitJoin, type Joining, joinCredentials, noAgent } from '../../clusters/join/join-command.ts'
import { refusal } from '../../domain/admission.ts'
import type { HasAgentFiles, HasAuthority, HasClock, HasLog, HasPublicUrls, HasStore } from '../../ports.ts'
import type { BeginDownload } from '../admission/downloads.ts'
import { JOIN_COPIES_PER_NODE } from '../limits.ts'
import { sendFile } from './send-file.ts'

type Ports = HasStore & HasClock & HasLog & HasAuthority & HasPublicUrls & HasAgentFiles

/** What a machine downloads with the token of a join command. */
export function createJoinRoutes(ports: Ports, begin: BeginDownload) {
  /** Bytes of agents, by set. */
  const sent = new Map<string, number>()
  const joining = ({ headers }: FastifyRequest) => admitJoin(ports, String(headers[JOIN_TOKEN_HEADER] ?? ''))

  async function sendCredentials(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { cluster, set } = await joining(request)
    ports.log(`${request.ip} fetched credentials ${set.name} of cluster ${cluster.name} with a join command`)
    const text = joinCredentials(ports, { cluster, set })
    const headers = { 'content-type': 'application/x-pem-file', 'cache-control': 'no-store' }
    return reply.code(200).headers(headers).send(text)
  }

  async function sendAgent(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { set } = await joining(request)
    const { arch } = request.params as { arch: JoinArchitecture }
    const agent = await ports.agentFiles.find(arch)
    if (!agent) throw noAgent(ports, arch)
    const name = nameOf(set)
    const before = sent.get(name) ?? 0
    if (before > JOIN_COPIES_PER_NODE * (set.maxNodes ?? 1) * agent.size) {
      const found = `the agent was downloaded more than ${JOIN_COPIES_PER_NODE} times for each node of this join command`
      throw refusal('limit/bytes', found, 'create another join command')
    }
    const { socket } = request.raw
    const bytesBefore = socket.bytesWritten
    const terms = {
      begin: (end: () => void) => begin(`credentials ${name}`, end),
      admitted: async () => void (await joining(request)),
    }
    try {
      await sendFile({ file: agent.file, etag: `"${agent.sha256}"` }, terms, request, reply)
    } finally {
      sent.set(name, (sent.get(name) ?? 0) + socket.bytesWritten - bytesBefore)
    }
  }
  return { sendCredentials, sendAgent }
}

const nameOf = ({ name, serial }: Joining['set']) => `${name}, serial ${serial}`
