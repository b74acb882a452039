import { createHash, type KeyObject } from 'node:crypto'
import { spki } from './key.ts'

/**
 * The name that a person has in a cluster, with one key: `cantrip:PERSON:` and 16 digits of the key's SHA-256 sum. Kubernetes
 * cannot revoke a certificate, but a name whose permissions were withdrawn is never given to another key.
 */
export function clusterUser(person: string, publicKey: KeyObject): string {
  return `cantrip:${person}:${createHash('sha256').update(spki(publicKey)).digest('hex').slice(0, 16)}`
}
