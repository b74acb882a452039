import { createPublicKey, X509Certificate } from 'node:crypto'
import { fingerprint } from '../pki/key.ts'
import { incomplete, type NodeIdentity, need } from './identity.ts'
import type { AgentPaths } from './paths.ts'

/** The controller gave the node its id in the certificate. */
export function nodeIdOf({ cert }: NodeIdentity, { nodeCertificate }: Pick<AgentPaths, 'nodeCertificate'>): string {
  const nodeId = /^CN=(.+)$/m.exec(new X509Certificate(cert).subject)?.[1]
  if (nodeId === undefined) throw incomplete(nodeCertificate)
  return nodeId
}

export function nodeFingerprint({ nodeKey }: Pick<AgentPaths, 'nodeKey'>): string {
  return fingerprint(createPublicKey(need(nodeKey)))
}
