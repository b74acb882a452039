import * as z from 'zod/mini'

/** The exact signed bytes as text, and their Ed25519 signature (base64). The signature is verified before parsing. */
export const Signed = z.strictObject({
  payload: z.string().check(z.maxLength(262_144)),
  signature: z.string().check(z.maxLength(100)),
})

export type Signed = z.infer<typeof Signed>
