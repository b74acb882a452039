import * as z from 'zod/mini'
import { isBareProxyUrl } from '../../proxy-url.ts'
import { RegistryHost } from '../../settings/registries.ts'
import { hasFewEntries } from '../../settings/setting.ts'

/**
 * NAME.pem may end with one more block, with this label: `NodeOptions` as JSON, encrypted with the passphrase (AES-256-GCM, scrypt).
 * Whoever makes the key and the passphrase writes it; the controller never gets it.
 */
export const NODE_OPTIONS = { label: 'CANTRIP NODE OPTIONS', purpose: 'cantrip node options v1' } as const
/** Of the JSON. */
export const MOST_NODE_OPTION_BYTES = 32 * 1_024

/** USER:PASSWORD, as in a header of HTTP: without control characters. */
export const RegistryLogin = z.string().check(z.maxLength(8_192), z.regex(/^[\x20-\x39\x3b-\x7e]+:[\x20-\x7e]+$/))

/** HOST, or `http://HOST` for what is sent in clear. */
const LoginHost = z.string().check(
  z.maxLength(262),
  z.refine((text) => RegistryHost.safeParse(text.replace(/^http:\/\//, '')).success),
)

/** What the machine of a node needs besides its credentials; each is also an option of `agent install`. */
export const NodeOptions = z.strictObject({
  format: z.literal(1),
  /** Between the node and the controller. Without `url`, connections are intercepted on their way. */
  proxy: z.optional(
    z.union([
      z.strictObject({ url: z.string().check(z.refine(isBareProxyUrl)), inspects: z.optional(z.literal(true)) }),
      z.strictObject({ inspects: z.literal(true) }),
    ]),
  ),
  /** By host; see --registry-login. */
  registryLogins: z.optional(z.record(LoginHost, RegistryLogin).check(hasFewEntries)),
})
export type NodeOptions = z.infer<typeof NodeOptions>
