import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readIfThere, writeDurably } from '../../base/durable-file.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import { AdminAccess } from '../../protocol/api/access.ts'
import { isDueForRenewal } from '../../protocol/certificates/expiry.ts'
import { byController } from '../audit/act.ts'
import { recorded } from '../audit/recorded.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasStore } from '../ports.ts'
import { issueAdministrator, recordOf } from './administrators.ts'

type Ports = HasStore & HasAuthority & HasAnnouncements & Pick<HasClock, 'now'>

/** The administrator on the controller's machine. */
const LOCAL = 'local'

/**
 * Keeps admin.json (0600) usable, so that root on this machine is always an administrator: issues another certificate if the
 * file does not exist, is damaged or of another CA, or if its certificate was revoked, or two thirds of its life are over. Updates its URL if the
 * controller's address has changed.
 */
export async function keepAdminAccess(ports: Ports, path: string, url: string): Promise<void> {
  const { authority } = ports
  const acting = recorded(ports, byController('keepAdminAccess', 'the controller keeps admin.json valid'))
  const found = readIfThere(path)
  const access = found === undefined ? undefined : readAccess(found)
  if (access?.ca === authority.ca && (await isAccepted(acting, access))) {
    if (access.url !== url) write(path, { ...access, url })
    return
  }
  const { privateKey, publicKey } = createKeyPair()
  const { certificate } = await issueAdministrator(acting, { name: LOCAL, publicKey }, null)
  write(path, { url, ca: authority.ca, certificate, key: keyToPem(privateKey) })
}

function write(path: string, access: AdminAccess): void {
  writeDurably(path, `${JSON.stringify(access, null, 2)}\n`)
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

/** Records a certificate that the store does not have: an earlier build issued it, or a backup of the store was restored. */
async function isAccepted({ store, now }: Ports, { certificate }: AdminAccess): Promise<boolean> {
  const { serialNumber, validFromDate, validToDate } = new X509Certificate(certificate)
  const dates = { notBefore: validFromDate.toISOString(), notAfter: validToDate.toISOString() }
  if (isDueForRenewal(dates, now())) return false
  const known = await store.administrator(serialNumber)
  if (known) return known.revokedAt === null
  const administrator = recordOf(certificate, LOCAL, validFromDate, null)
  await store.commit([{ change: 'add-administrator', administrator }])
  return true
}
