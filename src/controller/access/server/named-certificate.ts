import { createPrivateKey, X509Certificate } from 'node:crypto'
import { AgentError, attempt } from '../../../base/agent-error.ts'
import { readIfThere } from '../../../base/durable-file.ts'
import { printable } from '../../../base/text/printable.ts'

/** Paths of a certificate (with its chain) and its key, in PEM. */
export interface TlsFiles {
  certificate: string
  key: string
}

/** A certificate of another CA for the name that browsers use. */
export interface NamedCertificate {
  cert: string
  key: string
  validTo: Date
  isFor(name: string): boolean
}

const FIX = 'pass a certificate with its chain, and its unencrypted key, both in PEM'

/** Throws AgentError `serve/tls-files` if they cannot be used. `ownNames`: at which agents reach the controller. */
export function readNamedCertificate(files: TlsFiles, ownNames: readonly string[]): NamedCertificate {
  const cert = read(files.certificate)
  const key = read(files.key)
  const leaf = attempt(
    () => new X509Certificate(cert),
    (cause) => unusable(`${files.certificate} has no certificate in PEM`, FIX, cause),
  )
  const privateKey = attempt(
    () => createPrivateKey(key),
    (cause) => unusable(`${files.key} has no unencrypted private key in PEM`, FIX, cause),
  )
  if (!leaf.checkPrivateKey(privateKey))
    throw unusable(`${files.key} is not the key of the certificate in ${files.certificate}`, FIX)
  const names = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^\s,]+)/g)].map(([, name]) => `${name}`.toLowerCase())
  if (names.every((name) => ownNames.includes(name))) {
    const found =
      names.length === 0
        ? `the certificate in ${files.certificate} is for no DNS name`
        : `the certificate in ${files.certificate} is only for ${printable(names.join(', '))}, at which agents reach the controller, and they trust only its own CA`
    throw unusable(found, 'use another name for browsers, and a certificate for that name')
  }
  return {
    cert,
    key,
    validTo: leaf.validToDate,
    isFor: (name) => !ownNames.includes(name) && leaf.checkHost(name) !== undefined,
  }
}

function read(path: string): string {
  const text = attempt(
    () => readIfThere(path),
    (cause) => unusable(`cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, FIX, cause),
  )
  if (text !== undefined) return text
  throw unusable(`${path} does not exist`, FIX)
}

function unusable(found: string, fix: string, cause?: unknown): AgentError {
  return new AgentError('serve/tls-files', found, { fix, kind: 'invalid', cause })
}
