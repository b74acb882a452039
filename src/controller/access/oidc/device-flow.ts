import { createHash, randomBytes } from 'node:crypto'
import { refusal } from '../../domain/admission.ts'
import type { HasClock } from '../../ports.ts'
import { claimsOf } from './claims.ts'
import { AGAIN, oauthError } from './errors.ts'
import { type Person, personOf } from './person.ts'
import type { WithProvider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

export const PENDING_LOGINS = 500
export const PENDING_LOGINS_PER_ADDRESS = 20

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628 3.2 and 3.5: what the provider does not say, and the addition for `slow_down`. */
const DEFAULT_INTERVAL_SECONDS = 5
const LONGEST_SECONDS = 900

interface Pending {
  deviceCode: string
  address: string
  expiresAtMs: number
  intervalMs: number
  notBeforeMs: number
}

export interface DeviceLogin {
  /** Whoever has it gets the session; only the program that began the login. */
  login: string
  userCode: string
  url: string
  /** The URL with the code in it, if the provider has one. */
  completeUrl?: string | undefined
  intervalSeconds: number
  expiresAt: string
}

export interface DeviceFlow {
  /** `address`: of the client. Throws `limit/logins`. */
  begin(address: string): Promise<DeviceLogin>
  /** Undefined while the person has not decided. Asks the provider at most once an interval. */
  poll(login: string): Promise<Person | undefined>
}

/** The device authorisation grant (RFC 8628): the controller has the client's secret, so it talks to the provider. */
export function openDeviceFlow(
  { withProvider, settings }: { withProvider: WithProvider; settings: OidcSettings },
  { now }: Pick<HasClock, 'now'>,
): DeviceFlow {
  const pending = new Map<string, Pending>()
  const nowMs = () => now().getTime()
  return {
    async begin(address) {
      for (const [key, { expiresAtMs }] of pending) if (expiresAtMs <= nowMs()) pending.delete(key)
      admit(pending, address)
      const login = randomBytes(32).toString('base64url')
      const entry = { deviceCode: '', address, expiresAtMs: nowMs() + 60_000, intervalMs: 0, notBeforeMs: Infinity }
      // It counts while the provider is asked.
      pending.set(keyOf(login), entry)
      try {
        const begun = await withProvider(({ library, config, scope }) =>
          library.initiateDeviceAuthorization(config, { scope }),
        )
        const intervalSeconds = begun.interval ?? DEFAULT_INTERVAL_SECONDS
        const expiresAtMs = nowMs() + Math.min(begun.expires_in, LONGEST_SECONDS) * 1_000
        const intervalMs = intervalSeconds * 1_000
        Object.assign(entry, { deviceCode: begun.device_code, expiresAtMs, intervalMs, notBeforeMs: 0 })
        return {
          login,
          userCode: begun.user_code,
          url: begun.verification_uri,
          completeUrl: begun.verification_uri_complete,
          intervalSeconds,
          expiresAt: new Date(expiresAtMs).toISOString(),
        }
      } catch (error) {
        pending.delete(keyOf(login))
        throw error
      }
    },
    async poll(login) {
      const key = keyOf(login)
      const entry = pending.get(key)
      if (!entry || entry.expiresAtMs <= nowMs()) {
        pending.delete(key)
        throw refusal('login/lapsed', 'the login took too long, or its code was used before', AGAIN)
      }
      if (nowMs() < entry.notBeforeMs) return undefined
      entry.notBeforeMs = nowMs() + entry.intervalMs
      return withProvider(async (provider) => {
        try {
          const parameters = { device_code: entry.deviceCode }
          const tokens = await provider.library.genericGrantRequest(provider.config, DEVICE_CODE, parameters)
          pending.delete(key)
          return personOf(await claimsOf(provider, tokens, settings), settings)
        } catch (error) {
          const code = oauthError(error)
          if (code === 'authorization_pending') return undefined
          if (code === 'slow_down') {
            entry.intervalMs += DEFAULT_INTERVAL_SECONDS * 1_000
            return undefined
          }
          if (code !== undefined) pending.delete(key)
          throw error
        }
      })
    },
  }
}

/** When there are too many, the address with the most loses its oldest: a few addresses keep nobody else out. */
function admit(pending: Map<string, Pending>, address: string): void {
  const byAddress = Map.groupBy(pending, ([, each]) => each.address)
  if ((byAddress.get(address)?.length ?? 0) >= PENDING_LOGINS_PER_ADDRESS) {
    const found = 'found too many logins that are not complete'
    throw refusal('limit/logins', found, 'wait for 15 minutes, then sign in again')
  }
  if (pending.size < PENDING_LOGINS) return
  const [most] = [...byAddress.values()].sort((one, other) => other.length - one.length)
  const [oldest] = most ?? []
  if (oldest) pending.delete(oldest[0])
}

const keyOf = (login: string) => createHash('sha256').update(login).digest('base64url')
