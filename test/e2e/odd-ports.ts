/** The TCP ports of the proxies in odd-servers.ts. */
export const ODD_PROXIES = { forbids: 3403, needsPassword: 3407, hangs: 3408, inspectsTls: 3443 } as const
/** How far its time server is ahead, in milliseconds. */
export const WRONG_BY_MS = 10_000
