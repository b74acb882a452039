import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgentError } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { HasAgentReleases } from '../../ports.ts'
import type { BeginDownload } from '../admission/downloads.ts'
import { sendFile } from './send-file.ts'

/** Sends an executable of an imported release of the agent, as long as the client is admitted. */
export async function sendAgentFile(
  { agentReleases }: HasAgentReleases,
  { begin, admitted }: { begin: BeginDownload; admitted: () => Promise<void> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { sha256 } = request.params as { sha256: string }
  const releases = await agentReleases()
  const [file] = releases.flatMap(({ directory, files }) =>
    files.filter((each) => each.sha256 === sha256).map(({ path }) => join(directory, path)),
  )
  if (file === undefined) {
    throw new AgentError('agents/unknown-file', `no imported release of the agent has a file ${sha256}`, {
      ...remedy`import the release again: ${{ do: 'agents.import' }}`,
      kind: 'invalid',
    })
  }
  const terms = { begin: (end: () => void) => begin(`node ${request.identity?.name}`, end), admitted }
  await sendFile({ file, etag: `"${sha256}"` }, terms, request, reply)
}
