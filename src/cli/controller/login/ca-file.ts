import { X509Certificate } from 'node:crypto'
import { AgentError } from '../../../base/agent-error.ts'

const MAX_BYTES = 64 * 1024

/** The CA of `--ca` and CANTRIP_CA, in PEM. */
export async function readCa(path: string): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  const file = { path, what: 'CA file', code: 'ca-file', maxBytes: MAX_BYTES, isSecret: false }
  const text = await readGiven({ ...file, ifMissing: 'pass the CA of the controller: DATA_DIRECTORY/pki/ca.crt' })
  try {
    if (new X509Certificate(text).ca) return text
  } catch {
    // Not a certificate.
  }
  throw new AgentError('ca-file/invalid', `${path} has no CA certificate in PEM`, {
    fix: 'pass the CA of the controller: DATA_DIRECTORY/pki/ca.crt',
    kind: 'invalid',
  })
}
