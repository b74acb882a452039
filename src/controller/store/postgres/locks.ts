/** Advisory locks of one database: the first number says that they are ours. */
export const LOCKS = { ours: 0x63616e74, migrations: 1, controller: 2 } as const
