import * as z from 'zod/mini'
import { Label } from '../../names.ts'
import type { Route } from '../route.ts'
import { CredentialSetView, Csr, MAX_NODES } from './credentials.ts'

/** The names that `uname`, Debian and Kubernetes users know. */
export const JOIN_ARCHITECTURES = ['amd64', 'arm64'] as const
export type JoinArchitecture = (typeof JOIN_ARCHITECTURES)[number]

/** The header with the token of a join command, `CLUSTER.SET.SECRET`. A path would be written to logs. */
export const JOIN_TOKEN_HEADER = 'cantrip-join-token'
export const MIN_JOIN_SECONDS = 60
export const MAX_JOIN_SECONDS = 30 * 86_400

export const JoinCommandRequest = z.strictObject({
  /** Of the new set of credentials; no other set of the cluster has it. */
  name: Label,
  csr: Csr,
  /** Of the same key: encrypted PKCS#8 in PEM. The controller never gets the passphrase. */
  encryptedKey: z.string().check(z.maxLength(8_192)),
  /** SHA-256 of the token, in hexadecimal. The controller never stores the token. */
  tokenSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  validSeconds: z.int().check(z.minimum(MIN_JOIN_SECONDS), z.maximum(MAX_JOIN_SECONDS)),
  /** How many nodes can enrol with it. */
  maxNodes: z.int().check(z.minimum(1), z.maximum(MAX_NODES)),
  /** Only for machines of this architecture; default: all for which the controller has an agent. */
  arch: z.optional(z.enum(JOIN_ARCHITECTURES)),
})
export type JoinCommandRequest = z.infer<typeof JoinCommandRequest>

/** An executable of the agent, which the controller sends to machines. */
export const AgentFile = z.object({
  arch: z.enum(JOIN_ARCHITECTURES),
  sha256: z.string(),
  /** Bytes. */
  size: z.int(),
})
export type AgentFile = z.infer<typeof AgentFile>

/** What a join command is made of. */
export const JoinCommandParts = z.object({
  credentials: CredentialSetView,
  /** The cluster. */
  cluster: z.string(),
  /** At which nodes reach the controller. */
  urls: z.array(z.url()),
  /** PEM of the controller's CA; during a rotation of the keys, of both. */
  ca: z.string(),
  agents: z.array(AgentFile),
  /**
   * Of NAME.pem as it is fetched while the URLs, keys and subnets are these: for a way on which nobody proves to be the controller.
   * Absent from answers of earlier builds.
   */
  credentialsSha256: z.optional(z.string()),
})
export type JoinCommandParts = z.infer<typeof JoinCommandParts>

const JOIN_ERRORS = ['join/unknown', 'join/expired', 'join/revoked', 'join/used-up'] as const

/** Another set of credentials, which machines fetch from the controller with a token, and the agent with it. */
export const joinRoutes = {
  createJoinCommand: {
    method: 'POST',
    path: '/v1/clusters/{name}/join-commands',
    access: ['administrate'],
    summary: 'Issues a set of installer credentials that machines can fetch with a token, for a limited time',
    body: JoinCommandRequest,
    answer: JoinCommandParts,
    errors: ['cluster/unknown', 'creds/exists', 'creds/too-many', 'csr/invalid', 'join/no-agent', 'pem/invalid'],
  },
  fetchJoinCredentials: {
    method: 'GET',
    path: '/v1/join/credentials',
    access: ['anyone'],
    summary: `NAME.pem of a join command, whose token is in the header ${JOIN_TOKEN_HEADER}`,
    answer: 'bytes',
    errors: JOIN_ERRORS,
  },
  fetchJoinAgent: {
    method: 'GET',
    path: '/v1/join/agents/{arch}',
    access: ['anyone'],
    summary: `The executable of the agent, for a machine with the token of a join command in ${JOIN_TOKEN_HEADER}`,
    params: z.object({ arch: z.enum(JOIN_ARCHITECTURES) }),
    answer: 'bytes',
    errors: [...JOIN_ERRORS, 'join/no-agent', 'limit/bytes', 'limit/downloads', 'range/unsatisfiable'],
  },
} as const satisfies Record<string, Route>
