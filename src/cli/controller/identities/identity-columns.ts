import type { IssuedIdentity } from '../../../protocol/api/identities/credentials.ts'
import { age, type Column, localTime } from '../../kit/output.ts'

/** Columns of what the controller issued: until when it is valid, who issued it, and who uses it. */
export const identityColumns = (now: Date): Column<IssuedIdentity>[] => [
  { title: 'STATE', of: ({ state }) => state },
  { title: 'EXPIRES', of: ({ expiresAt }) => localTime(expiresAt) },
  { title: 'LAST USE', of: ({ lastUsedAt }) => age(lastUsedAt, now) },
  { title: 'ISSUED BY', of: ({ issuedBy }) => issuedBy ?? '' },
  { title: 'ISSUED', of: ({ createdAt }) => localTime(createdAt), wide: true },
  { title: 'REVOKED', of: ({ revokedAt }) => (revokedAt === null ? '' : localTime(revokedAt)), wide: true },
  { title: 'REVOKED BY', of: ({ revokedBy }) => revokedBy ?? '', wide: true },
  { title: 'SERIAL', of: ({ serial }) => serial ?? 'unknown', wide: true },
]
