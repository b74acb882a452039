import * as z from 'zod/mini'
import { Cidr, ClusterId, Label } from '../../names.ts'

/**
 * NAME.pem contains, in this order: the installer certificate, its key as encrypted PKCS#8 (PBES2, AES-256-CBC,
 * PBKDF2-SHA256, 600,000 to 2,000,000 iterations), the controller's CA (during a rotation
 * of the keys both CAs), and one block with this label, which contains an
 * `Enrolment` as JSON. One more block may follow: see NodeOptions.
 */
export const ENROLMENT_LABEL = 'CANTRIP ENROLMENT'

export const Enrolment = z.strictObject({
  format: z.literal(1),
  urls: z.array(z.url()).check(z.minLength(1), z.maxLength(16)),
  cluster: z.strictObject({ id: ClusterId, name: Label }),
  /** Absent in files of an older controller. */
  subnets: z.optional(z.strictObject({ pod: Cidr, service: Cidr })),
  /** Ed25519 public key that signs instructions: SPKI DER, base64. */
  instructionKey: z.string().check(z.maxLength(200)),
  /** The key that follows it; in files that were written during a rotation of the keys. */
  nextInstructionKey: z.optional(z.string().check(z.maxLength(200))),
})
export type Enrolment = z.infer<typeof Enrolment>
