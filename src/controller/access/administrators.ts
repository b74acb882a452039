import { type KeyObject, X509Certificate } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { readCsr } from '../../pki/csr.ts'
import type { CreateAdministratorRequest } from '../../protocol/api/identities/administrators.ts'
import type { IssuedIdentity } from '../../protocol/api/identities/credentials.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { certificateState, refusal, validityOf } from '../domain/admission.ts'
import type { Administrator } from '../domain/identities/record.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasLog, HasStore, HasTurns } from '../ports.ts'
import { noteUse } from './note-use.ts'

const DAYS = 365

type Issuing = HasStore & HasAuthority & Pick<HasClock, 'now'>
type Ports = Issuing & HasTurns & HasAnnouncements & HasLog

/** Issues a certificate, and records it before anybody gets it. `by`: an administrator; null: the controller itself. */
export async function issueAdministrator(
  { store, authority, now }: Issuing,
  { name, publicKey, days = DAYS }: { name: string; publicKey: KeyObject; days?: number | undefined },
  by: string | null,
): Promise<{ administrator: Administrator; certificate: string }> {
  const certificate = authority.clientCertificate({ kind: 'admin', identity: name, publicKey, days, now: now() })
  const administrator = recordOf(certificate, name, now(), by)
  await store.commit([{ change: 'add-administrator', administrator }])
  return { administrator, certificate }
}

export function recordOf(certificate: string, name: string, now: Date, by: string | null): Administrator {
  const { serialNumber, validToDate } = new X509Certificate(certificate)
  return {
    ...{ serial: serialNumber, name, createdAt: now.toISOString(), expiresAt: validToDate.toISOString() },
    ...{ issuedBy: by, lastUsedAt: null, revokedAt: null, revokedBy: null },
  }
}

/** Throws `administrator/exists` if a valid certificate has the name: each person has one. */
export async function createAdministrator(
  ports: Ports,
  { name, csr, days }: CreateAdministratorRequest,
  by: string,
): Promise<{ administrator: IssuedIdentity; certificate: string; ca: string }> {
  const { publicKey } = readCsr(csr)
  return ports.turns('administrators', async () => {
    const all = await ports.store.administrators()
    if (all.some((each) => each.name === name && validityOf(each, ports.now()) === 'valid')) {
      const fix = remedy`choose another name; or, to replace the certificate, revoke it first: ${{ do: 'admin.revoke', administrator: name }}`
      throw refusal('administrator/exists', `there already is an administrator ${name}`, fix)
    }
    const { administrator, certificate } = await issueAdministrator(ports, { name, publicKey, days }, by)
    ports.log(`administrator ${by} created administrator ${name}, serial ${administrator.serial}`)
    return { administrator: viewOf(administrator, ports), certificate, ca: ports.authority.ca }
  })
}

/** Revokes all certificates with a name, or the one with a serial number. Throws `administrator/last` if no valid one would remain. */
export async function revokeAdministrator(ports: Ports, query: string, by: string): Promise<IssuedIdentity[]> {
  return ports.turns('administrators', async () => {
    const now = ports.now()
    const all = await ports.store.administrators()
    const found = all.filter(({ name, serial }) => name === query || serial === query)
    if (found.length === 0) {
      const fix = remedy`choose one of: ${{ do: 'admin.list' }}`
      throw new AgentError('administrator/unknown', `there is no administrator ${query}`, { ...fix, kind: 'invalid' })
    }
    if (all.every((each) => found.includes(each) || validityOf(each, now) !== 'valid')) {
      const fix = remedy`create another one first: ${{ do: 'admin.create' }}`
      throw refusal('administrator/last', `${query} is the last administrator with a valid certificate`, fix)
    }
    const to = { revokedAt: now.toISOString(), revokedBy: by }
    const open = found.filter(({ revokedAt }) => revokedAt === null)
    await ports.store.commit(open.map(({ serial }) => ({ change: 'set-administrator', serial, to })))
    for (const { name, serial } of open)
      ports.log(`administrator ${by} revoked administrator ${name}, serial ${serial}`)
    ports.changes.announce()
    return found.map((each) => viewOf(open.includes(each) ? { ...each, ...to } : each, ports))
  })
}

/** Throws unless the certificate is recorded and not revoked. Records its use, without waiting for it. */
export async function admitAdministrator(
  ports: HasStore & Pick<HasClock, 'now'> & HasLog,
  { serialNumber }: X509Certificate,
): Promise<void> {
  const known = await ports.store.administrator(serialNumber)
  const fix = remedy`ask another administrator for a new one: ${{ do: 'admin.create' }}; or, on the controller's machine, use DATA_DIRECTORY/admin.json`
  if (!known) {
    const found = `the controller does not know the certificate ${serialNumber}: it was issued after the backup that was restored`
    throw refusal('identity/unknown', found, fix)
  }
  if (known.revokedAt !== null) {
    const found = `the certificate of administrator ${known.name} was revoked at ${known.revokedAt}`
    throw refusal('identity/revoked', found, fix)
  }
  const what = `the certificate of administrator ${known.name}`
  noteUse(ports, what, known.lastUsedAt, (to) => ({ change: 'set-administrator', serial: serialNumber, to }))
}

export function viewOf(
  administrator: Administrator,
  { authority, now }: HasAuthority & Pick<HasClock, 'now'>,
): IssuedIdentity {
  return { ...administrator, state: certificateState(administrator, now(), authority.trustedSince) }
}
