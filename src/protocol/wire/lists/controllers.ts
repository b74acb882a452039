import * as z from 'zod/mini'
import { NodeId } from '../../names.ts'
import { LONGEST_URL, MOST_URLS } from '../session/limits.ts'

/**
 * Where agents find controllers, in addition to the URLs of their credentials. It is signed with an instruction key that the agent
 * trusts. A later list replaces an earlier one.
 */
export const Controllers = z.strictObject({
  node: NodeId,
  expiresAt: z.iso.datetime(),
  issuedAt: z.iso.datetime(),
  /** In the order of their code units, so that lists of different controllers can be compared. */
  urls: z
    .array(z.url({ protocol: /^https$/ }).check(z.maxLength(LONGEST_URL)))
    .check(z.minLength(1), z.maxLength(MOST_URLS)),
})
export type Controllers = z.infer<typeof Controllers>
