import type { Configuration } from 'openid-client'
import type { HasClock } from '../../ports.ts'
import { invalidAnswer, providerError } from './errors.ts'
import { openProviderFetch } from './provider-fetch.ts'
import { type OidcSettings, SCOPES } from './settings.ts'

type Library = typeof import('openid-client')

/** Its metadata is read again after this time. Its keys are kept for 5 minutes, and read again for an unknown key. */
const KEEP_MS = 3_600_000
const TIMEOUT_SECONDS = 10
/** The clocks of provider and controller may differ by this much. */
const TOLERANCE_SECONDS = 60
/** With what openid-client reports that no key of the provider matches: the provider has other keys now. */
const NO_KEY = 'OAUTH_KEY_SELECTION_FAILED'

/** The provider, as it describes itself. */
export interface Provider {
  library: Library
  config: Configuration
  /** Of those that the controller needs, and the provider supports. */
  scope: string
}

/** Calls `use` with the provider. Errors are those of errors.ts. Nothing is asked of the provider before the first login. */
export type WithProvider = <T>(use: (provider: Provider) => Promise<T>) => Promise<T>

export function openProvider(settings: OidcSettings, { now }: Pick<HasClock, 'now'>): WithProvider {
  let found: { provider: Promise<Provider>; atMs: number } | undefined
  const provider = () => {
    const nowMs = now().getTime()
    if (found && Math.abs(nowMs - found.atMs) < KEEP_MS) return found.provider
    const asked = { provider: discover(settings), atMs: nowMs }
    found = asked
    return asked.provider
  }
  return async (use) => {
    try {
      return await use(await provider())
    } catch (error) {
      const isKnown = await found?.provider.then(
        () => true,
        () => false,
      )
      if (!isKnown || (error instanceof Error && 'code' in error && error.code === NO_KEY)) found = undefined
      throw providerError(settings.issuer, error)
    }
  }
}

async function discover({ issuer, clientId, clientSecret, ca, scopes }: OidcSettings): Promise<Provider> {
  const library = await import('openid-client')
  const secret = clientSecret?.reveal()
  const config = await library.discovery(
    new URL(issuer),
    clientId,
    { [library.clockTolerance]: TOLERANCE_SECONDS },
    secret === undefined ? library.None() : library.ClientSecretBasic(secret),
    {
      [library.customFetch]: await openProviderFetch(ca),
      timeout: TIMEOUT_SECONDS,
      // Signatures are checked although the token came over TLS.
      execute: [library.enableNonRepudiationChecks],
    },
  )
  const metadata = config.serverMetadata()
  // The library makes an exception for a provider that signs for every organization.
  if (metadata.issuer !== issuer) throw invalidAnswer(issuer, `its issuer is ${metadata.issuer}`)
  const supported = metadata.scopes_supported
  const wanted = SCOPES.filter((each) => each === 'openid' || (supported?.includes(each) ?? each !== 'groups'))
  return { library, config, scope: [...new Set([...wanted, ...scopes])].join(' ') }
}
