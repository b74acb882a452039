import { toPem } from '../../../pki/pem.ts'
import type { InstallerParts } from '../../../protocol/api/identities/credentials.ts'
import { ENROLMENT_LABEL } from '../../../protocol/api/identities/installer.ts'

/** The text of NAME.pem. */
export function credentialsText(encryptedKey: string, { certificate, ca, enrolment }: InstallerParts): string {
  const block = toPem(ENROLMENT_LABEL, Buffer.from(JSON.stringify(enrolment), 'utf8'))
  return [certificate, encryptedKey, ca, block].join('')
}
