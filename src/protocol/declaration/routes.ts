import * as z from 'zod/mini'
import { UPGRADE_ERRORS, UpgradePlan } from '../api/clusters/upgrades.ts'
import { Csr, InstallerParts } from '../api/identities/credentials.ts'
import { Flag, type Route } from '../api/route.ts'
import { Declaration } from './declaration.ts'

export const DeclarationRequest = z.strictObject({
  declaration: Declaration,
  /** For the installer's key; needed if the cluster does not exist. */
  csr: z.optional(Csr),
  /** Of the answer that somebody has agreed to: anything else is refused. */
  revision: z.optional(z.string().check(z.maxLength(100))),
})
export type DeclarationRequest = z.infer<typeof DeclarationRequest>

export const FieldChange = z.object({
  /** e.g. `spec.location`. */
  path: z.string(),
  /** As JSON; null: nothing. */
  from: z.nullable(z.string()),
  to: z.nullable(z.string()),
})
export type FieldChange = z.infer<typeof FieldChange>

export const NodeChange = z.object({
  id: z.string(),
  name: z.string(),
  /** `release`: a node that was reset follows the rules again. */
  action: z.enum(['approve', 'configure', 'release', 'remove']),
  detail: z.string(),
})
export type NodeChange = z.infer<typeof NodeChange>

export const DeclarationProblem = z.object({
  /** Of the field, e.g. `["spec", "network", "cni"]`. */
  path: z.array(z.union([z.string(), z.int()])),
  code: z.string(),
  message: z.string(),
  fix: z.string(),
})
export type DeclarationProblem = z.infer<typeof DeclarationProblem>

/** What a declaration changes, or has changed. */
export const DeclarationPlan = z.object({
  cluster: z.string(),
  /** Whether the cluster is created. */
  isNew: z.boolean(),
  changes: z.array(FieldChange),
  /** Nodes whose state changes at once. Others follow when they enrol, or report their facts. */
  nodes: z.array(NodeChange),
  /** What a later version of Kubernetes begins; null: the version stays, or nothing is installed yet. */
  upgrade: z.nullable(z.pick(UpgradePlan, { from: true, rounds: true, nodes: true })),
  /** Nodes that are not as the rules say, and stay as they are. */
  conflicts: z.array(z.object({ id: z.string(), name: z.string(), problem: z.string() })),
  /** Why the declaration is refused as a whole. */
  problems: z.array(DeclarationProblem),
  revision: z.string(),
  /** If the cluster was created. */
  installer: z.optional(InstallerParts),
})
export type DeclarationPlan = z.infer<typeof DeclarationPlan>

/** Clusters as files. */
export const declarationRoutes = {
  showDeclaration: {
    method: 'GET',
    path: '/v1/clusters/{name}/declaration',
    access: ['view'],
    summary: 'Returns a cluster as a declaration, which changes nothing when it is applied',
    answer: Declaration,
    errors: ['cluster/unknown'],
  },
  applyDeclaration: {
    method: 'POST',
    // The cluster may not exist yet, so the path does not name it.
    path: '/v1/declarations',
    access: ['operate'],
    inAnyProject: true,
    summary:
      'Creates or changes a cluster as declared; `dryRun`: says what would change; `prune`: removes nodes that no rule is for',
    query: z.object({ dryRun: Flag, prune: Flag }),
    body: DeclarationRequest,
    maxBodyBytes: 2 * 1024 * 1024,
    answer: DeclarationPlan,
    errors: [
      'csr/invalid',
      'pem/invalid',
      'cluster/exists',
      'cluster/gone',
      'declaration/changed',
      'declaration/immutable',
      'declaration/needs-csr',
      'declaration/no-rules',
      'declaration/rules',
      'labels/reserved',
      'node/in-use',
      'override/not-usable',
      'roles/contradictory',
      'roles/storage-alone',
      'roles/storage-disks',
      'settings/no-mirror',
      'subnet/invalid',
      'subnet/one-node',
      'subnet/overlap',
      'subnet/reserved',
      'subnet/unaligned',
      ...UPGRADE_ERRORS,
      'unsupported',
    ],
  },
} as const satisfies Record<string, Route>
