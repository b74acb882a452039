import * as z from 'zod/mini'
import { Label } from '../../names.ts'
import type { Route } from '../route.ts'
import { Enrolment } from './installer.ts'

/** The longest life of a certificate that an administrator asks for. */
export const MAX_DAYS = 3_650
/** The most nodes that one set of credentials can be limited to. */
export const MAX_NODES = 100_000
/** For a private key that never leaves the client. */
export const Csr = z.string().check(z.maxLength(16_384))
export const ValidDays = z.optional(z.int().check(z.minimum(1), z.maximum(MAX_DAYS)))

/** Why a certificate is no longer accepted, or that it is. `former-ca`: the keys of the controller were rotated since. */
const IDENTITY_STATES = ['valid', 'revoked', 'expired', 'used-up', 'former-ca'] as const

/** What is known of a certificate that the controller issued. Times are ISO 8601. */
export const IssuedIdentity = z.object({
  name: z.string(),
  /** Serial number in hexadecimal; null: an earlier build issued it, and it was not used since. */
  serial: z.nullable(z.string()),
  state: z.enum(IDENTITY_STATES),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** The administrator; null: the controller itself, or not known. */
  issuedBy: z.nullable(z.string()),
  lastUsedAt: z.nullable(z.string()),
  revokedAt: z.nullable(z.string()),
  revokedBy: z.nullable(z.string()),
})
export type IssuedIdentity = z.infer<typeof IssuedIdentity>

export const CredentialSetView = z.object({
  ...IssuedIdentity.shape,
  /** How many nodes can enrol with it; null: any number. */
  maxNodes: z.nullable(z.int()),
  /** How many have. */
  enrolled: z.int(),
  /** Until when machines can fetch it with a join command; null: it was issued as files. */
  fetchableUntil: z.nullable(z.string()),
})
export type CredentialSetView = z.infer<typeof CredentialSetView>

/** The parts of NAME.pem other than the key: two in PEM, and the content of the enrolment block. */
export const InstallerParts = z.object({ certificate: z.string(), ca: z.string(), enrolment: Enrolment })
export type InstallerParts = z.infer<typeof InstallerParts>

export const RenewCredentialsRequest = z.strictObject({
  /** Of the new set; no other set of the cluster has it. */
  name: Label,
  csr: Csr,
  /** Default: the cluster's setting. */
  days: ValidDays,
  /** How many nodes can enrol with it. Default: any number. */
  maxNodes: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_NODES))),
})
export type RenewCredentialsRequest = z.infer<typeof RenewCredentialsRequest>

/** Credentials with which nodes enrol, for administrators. */
export const credentialRoutes = {
  listCredentials: {
    method: 'GET',
    path: '/v1/clusters/{name}/credentials',
    access: ['view'],
    summary: 'Lists every set of installer credentials of a cluster, the oldest first',
    answer: z.array(CredentialSetView),
    errors: ['cluster/unknown'],
  },
  renewCredentials: {
    method: 'POST',
    path: '/v1/clusters/{name}/credentials',
    access: ['administrate'],
    summary: 'Issues another set of installer credentials; the others stay valid',
    body: RenewCredentialsRequest,
    answer: z.object({ credentials: CredentialSetView, installer: InstallerParts }),
    repeatable: true,
    errors: ['cluster/unknown', 'creds/exists', 'creds/too-many', 'csr/invalid', 'pem/invalid'],
  },
  revokeCredentials: {
    method: 'DELETE',
    path: '/v1/clusters/{name}/credentials/{set}',
    access: ['administrate'],
    summary: 'Revokes a set of installer credentials; nodes that enrolled with it, and were approved, stay',
    answer: CredentialSetView,
    errors: ['cluster/unknown', 'creds/unknown'],
  },
} as const satisfies Record<string, Route>
