export const ENCRYPTED_KEY_LABEL = 'ENCRYPTED PRIVATE KEY'

/** Object identifiers of the only supported combination. */
export const PBES2 = {
  id: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** Fewer iterations are too weak, more would only use CPU time. */
export const PBKDF2_ITERATIONS = { min: 600_000, max: 2_000_000 } as const
