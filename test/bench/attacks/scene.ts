import type { Credentials } from '../../support/controller/client.ts'

/** What an attacker has: one valid certificate of each low-privilege kind, and the address of the controller. */
export interface Scene {
  port: number
  /** Two nodes: the healthy one does nothing unusual. */
  attacker: Credentials
  healthy: Credentials
  operator: Credentials
  installer: Credentials
  /** Fingerprint of a machine that waits for approval. */
  pending: string
  /** Path of a large file of a bundle. */
  file: string
}

/** What became of the requests and connections of an attack, by name. */
export type Tally = Record<string, number>
