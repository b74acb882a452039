import * as z from 'zod/mini'
import { Label } from '../names.ts'
import { type Permission, ROLES } from './people/permissions.ts'

/**
 * Kinds of client certificates. The subject is `O=cantrip:<kind>, CN=<identity>`, and the controller reads both from the
 * verified certificate only.
 */
export const CERTIFICATE_KINDS = ['enrol', 'node', 'operator', 'admin'] as const
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number]

/** The kinds of machines; `admin` is that of a person. */
export const MACHINE_KINDS = ['enrol', 'node', 'operator'] as const
export type MachineKind = (typeof MACHINE_KINDS)[number]

/** A role in a project; `null`: for everything, including what belongs to no project. */
export const Grant = z.strictObject({ role: z.enum(ROLES), project: z.nullable(Label) })
export type Grant = z.infer<typeof Grant>

/** The project of clusters for which none is given. */
export const DEFAULT_PROJECT = 'default'

/** Who may call a route: machines with a certificate of a kind, whoever has a permission, or anyone without authentication. */
export type Access = MachineKind | Permission | 'anyone'

const Action = z.catchall(
  z.object({ do: z.string() }),
  z.optional(z.union([z.string(), z.boolean(), z.readonly(z.array(z.string()))])),
)

/** An error in a view, and the answer with any status of 400 and above. `remedy` is `fix` as data. */
export const ApiError = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  remedy: z.optional(z.readonly(z.array(z.union([z.string(), Action])))),
})
export type ApiError = z.infer<typeof ApiError>

/** The content of admin.json. Anyone who can read it has the rights of an administrator. */
export const AdminAccess = z.strictObject({
  url: z.url(),
  /** PEM. */
  ca: z.string(),
  certificate: z.string(),
  key: z.string(),
})
export type AdminAccess = z.infer<typeof AdminAccess>
