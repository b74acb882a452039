import * as z from 'zod/mini'
import { NodeId } from '../../names.ts'

/**
 * What an agent has to trust from now on, in the place of what it trusted before. It is signed with an instruction key that the
 * agent trusts. A higher generation replaces a lower one.
 */
export const Trust = z.strictObject({
  node: NodeId,
  expiresAt: z.iso.datetime(),
  generation: z.int().check(z.positive()),
  /** Certificates of CAs in PEM; the newest is last. */
  authorities: z.array(z.string().check(z.maxLength(8_192))).check(z.minLength(1), z.maxLength(4)),
  /** Ed25519 public keys: SPKI DER, base64. */
  instructionKeys: z.array(z.string().check(z.maxLength(200))).check(z.minLength(1), z.maxLength(4)),
  /** The agent requests its next certificate at a random time within this, so that not all nodes do at once. */
  spreadMs: z.int().check(z.nonnegative(), z.maximum(3_600_000)),
})
export type Trust = z.infer<typeof Trust>
