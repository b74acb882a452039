import * as z from 'zod/mini'

/** What the watch reads from its file: written by the node-dns component. */
export const ApiWatchSettings = z.strictObject({
  /** What the records are for. */
  name: z.string(),
  port: z.int(),
  /** Addresses of the masters that are known from the start; the cluster tells of others. */
  masters: z.array(z.string()).check(z.minLength(1)),
  /** PEM files: the cluster's authority, and this node's certificate and key in one. */
  ca: z.string(),
  identity: z.string(),
  /** Written whenever it changes: one line an address. */
  hosts: z.string(),
})
export type ApiWatchSettings = z.infer<typeof ApiWatchSettings>
