/** Advisory locks of the database: the first number identifies Cantrip. */
export const LOCKS = { cantrip: 0x63616e74, migrations: 1, audit: 2 } as const
