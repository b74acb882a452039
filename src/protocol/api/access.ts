import * as z from 'zod/mini'

/**
 * Client certificates carry `O=cantrip:<role>` and `CN=<identity>`; the controller takes both from the verified
 * certificate alone.
 */
export const CERTIFICATE_ROLES = ['enrol', 'node', 'operator', 'admin'] as const
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number]

const Action = z.catchall(
  z.object({ do: z.string() }),
  z.optional(z.union([z.string(), z.boolean(), z.readonly(z.array(z.string()))])),
)

/** An error: what stands in a view, and the answer with any status of 400 and above. `remedy` is `fix` as data. */
export const ApiError = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  remedy: z.optional(z.readonly(z.array(z.union([z.string(), Action])))),
})
export type ApiError = z.infer<typeof ApiError>

/** The file admin.json: whoever can read it is the administrator. */
export const AdminAccess = z.strictObject({
  url: z.url(),
  /** PEM. */
  ca: z.string(),
  certificate: z.string(),
  key: z.string(),
})
export type AdminAccess = z.infer<typeof AdminAccess>
