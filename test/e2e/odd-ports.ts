/** Where odd-servers.ts listens: TCP ports of its proxies. */
export const ODD_PROXIES = { forbids: 3403, wantsPassword: 3407, hangs: 3408, isStranger: 3443 } as const
/** How far its time server is ahead. */
export const LIE_MS = 10_000
