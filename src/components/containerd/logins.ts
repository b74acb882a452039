import type { Secret } from '../../base/text/secret.ts'
import type { ProvisionParams } from '../../provision/params.ts'

/**
 * The user and the password of a mirror, a registry or a proxy. The login of a name is for HTTPS only: one that goes over the network
 * in clear was given for `http://NAME`.
 */
export function loginFor(
  { registryLogins = {} }: Pick<ProvisionParams, 'registryLogins'>,
  url: string,
): Secret | undefined {
  const { protocol, host } = new URL(url)
  const key = protocol === 'https:' ? host : `http://${host}`
  return Object.hasOwn(registryLogins, key) ? registryLogins[key] : undefined
}
