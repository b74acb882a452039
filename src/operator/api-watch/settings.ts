import * as z from 'zod/mini'

/** The settings file of the API watch, written by the component node-dns. */
export const ApiWatchSettings = z.strictObject({
  /** The name of the API, for which the hosts file has records. */
  name: z.string(),
  port: z.int(),
  /** Initial addresses of masters; the watch discovers others from the API. */
  masters: z.array(z.string()).check(z.minLength(1)),
  /** PEM files: the cluster's CA, and this node's certificate and key in one file. */
  ca: z.string(),
  identity: z.string(),
  /** Path of the file that the watch writes at each change: one line for each address. */
  hosts: z.string(),
})
export type ApiWatchSettings = z.infer<typeof ApiWatchSettings>
