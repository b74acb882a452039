import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readIfThere, writeDurably } from '../../base/durable-file.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import { AdminAccess } from '../../protocol/api/access.ts'
import type { Authority } from './authority.ts'

const DAYS = 365
const RENEW_BEFORE_MS = 30 * 86_400_000

/**
 * Writes admin.json (0600) for the administrator on this machine if it does not exist, is damaged or of another
 * CA, or its certificate expires soon. Updates its URL if the controller's address has changed.
 */
export function ensureAdminAccess(path: string, url: string, authority: Authority, now: Date): void {
  const found = readIfThere(path)
  const access = found === undefined ? undefined : readAccess(found)
  if (access?.ca === authority.ca && !expiresSoon(access, now)) {
    if (access.url !== url) writeDurably(path, `${JSON.stringify({ ...access, url }, null, 2)}\n`)
    return
  }
  const { privateKey, publicKey } = createKeyPair()
  const certificate = authority.clientCertificate({ kind: 'admin', identity: 'local', publicKey, days: DAYS, now })
  const fresh: AdminAccess = { url, ca: authority.ca, certificate, key: keyToPem(privateKey) }
  writeDurably(path, `${JSON.stringify(fresh, null, 2)}\n`)
}

/** Undefined if the file is damaged. */
function readAccess(text: string): AdminAccess | undefined {
  try {
    const access = AdminAccess.parse(JSON.parse(text))
    return new X509Certificate(access.certificate).checkPrivateKey(createPrivateKey(access.key)) ? access : undefined
  } catch {
    return undefined
  }
}

function expiresSoon(access: AdminAccess, now: Date): boolean {
  return new X509Certificate(access.certificate).validToDate.getTime() - now.getTime() < RENEW_BEFORE_MS
}
