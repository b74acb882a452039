import * as z from 'zod/mini'
import { ClusterRole, PersonName } from '../../names.ts'
import { MAX_ACCESS_SECONDS, MIN_ACCESS_SECONDS } from '../../wire/operation.ts'
import type { Route } from '../route.ts'
import { Csr } from './credentials.ts'

export const KubeconfigRequest = z.strictObject({
  /** Default: who asks. To name somebody else, one must be an administrator of the cluster's project. */
  person: z.optional(PersonName),
  role: ClusterRole,
  seconds: z.int().check(z.minimum(MIN_ACCESS_SECONDS), z.maximum(MAX_ACCESS_SECONDS)),
  /** Its subject is `cantrip:PERSON:` and the first 16 hexadecimal digits of the SHA-256 sum of the key's SubjectPublicKeyInfo. */
  csr: Csr,
})
export type KubeconfigRequest = z.infer<typeof KubeconfigRequest>

/**
 * `revoking`: no master has deleted its permissions yet. `revoked`: it has none any more. `unbound`: somebody deleted its
 * permissions in Kubernetes.
 */
const ACCESS_STATES = ['valid', 'revoking', 'revoked', 'expired', 'unbound'] as const

/** What is known of a kubeconfig. Times are ISO 8601, and null for one that the controller knows only from the cluster. */
export const AccessView = z.object({
  person: z.string(),
  /** Its name in Kubernetes, which is in the audit log there. */
  user: z.string(),
  role: ClusterRole,
  state: z.enum(ACCESS_STATES),
  createdAt: z.nullable(z.string()),
  expiresAt: z.nullable(z.string()),
  issuedBy: z.nullable(z.string()),
  revokedAt: z.nullable(z.string()),
  revokedBy: z.nullable(z.string()),
})
export type AccessView = z.infer<typeof AccessView>

export const AccessList = z.object({
  /** Who asks, and the roles that they can have in the cluster. */
  you: z.object({ person: z.string(), roles: z.array(ClusterRole) }),
  accesses: z.array(AccessView),
  /** When the cluster confirmed it, ISO 8601; null: no master answered, and this is what the controller recorded. */
  asOf: z.nullable(z.string()),
})
export type AccessList = z.infer<typeof AccessList>

export const IssuedKubeconfig = z.object({
  access: AccessView,
  /** The certificate, and the CA of the cluster: PEM. */
  certificate: z.string(),
  ca: z.string(),
  /** HOST:PORT of the API, as the nodes know it. */
  endpoint: z.string(),
  /** Masters that answer the API themselves, those that are connected first. */
  masters: z.array(z.object({ name: z.string(), address: z.string() })),
})
export type IssuedKubeconfig = z.infer<typeof IssuedKubeconfig>

/** Short-lived access of people to the API of a cluster. */
export const kubeconfigRoutes = {
  listKubeconfigs: {
    method: 'GET',
    path: '/v1/clusters/{name}/kubeconfigs',
    access: ['view'],
    summary: 'Lists who has access to the API of a cluster, as a master of it confirms',
    answer: AccessList,
    errors: ['cluster/unknown'],
  },
  createKubeconfig: {
    method: 'POST',
    path: '/v1/clusters/{name}/kubeconfigs',
    access: ['view'],
    summary: 'Gives a person access to the API of a cluster: a master has a certificate signed and binds it to a role',
    body: KubeconfigRequest,
    answer: IssuedKubeconfig,
    errors: [
      'cluster/unknown',
      'cluster/gone',
      'csr/invalid',
      'pem/invalid',
      'kubeconfig/no-master',
      'kubeconfig/not-yet',
      'kubeconfig/too-many',
      'kubeconfig/wrong-subject',
    ],
  },
  revokeKubeconfigs: {
    method: 'DELETE',
    path: '/v1/clusters/{name}/kubeconfigs/{person}',
    access: ['view'],
    summary: "Deletes the permissions of a person's kubeconfigs in a cluster",
    answer: z.array(AccessView),
    errors: ['cluster/unknown', 'cluster/gone', 'kubeconfig/unknown'],
  },
} as const satisfies Record<string, Route>
