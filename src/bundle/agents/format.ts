import * as z from 'zod/mini'

/**
 * A release of the agent is a directory with its executables, one for each architecture:
 *
 *   agents.json       this schema; its SHA-256 identifies the release
 *   agents.json.sig   Ed25519 signature over the exact bytes of agents.json, base64
 *   agent-linux-x64, agent-linux-arm64
 */
export const RELEASE_NAME = 'agents.json'
export const RELEASE_SIGNATURE_NAME = 'agents.json.sig'

export const AgentArch = z.enum(['x64', 'arm64'])

export const AgentRelease = z.strictObject({
  format: z.literal(1),
  /** So that no other manifest with the same signature can be taken for one. */
  kind: z.literal('agents'),
  version: z.string().check(z.regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,59}$/)),
  createdAt: z.iso.datetime(),
  files: z
    .array(
      z.strictObject({
        arch: AgentArch,
        path: z.enum(['agent-linux-x64', 'agent-linux-arm64']),
        size: z.int().check(z.positive()),
        sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      }),
    )
    .check(z.minLength(1), z.maxLength(2)),
})

export type AgentRelease = z.infer<typeof AgentRelease>
export type AgentArch = z.infer<typeof AgentArch>
