import * as z from 'zod/mini'

/**
 * Kinds of client certificates. The subject is `O=cantrip:<kind>, CN=<identity>`, and the controller reads both from the
 * verified certificate only.
 */
export const CERTIFICATE_KINDS = ['enrol', 'node', 'operator', 'admin'] as const
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number]

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
