/** The ids of accepted messages, kept until the messages expire, so that none is accepted twice. */
export interface Taken {
  has(id: string): boolean
  add(id: string, expiresAt: string, now: Date): void
}

export function rememberTaken(): Taken {
  const expiries = new Map<string, string>()
  return {
    has: (id) => expiries.has(id),
    add(id, expiresAt, now) {
      for (const [known, until] of expiries) if (new Date(until) <= now) expiries.delete(known)
      expiries.set(id, expiresAt)
    },
  }
}
