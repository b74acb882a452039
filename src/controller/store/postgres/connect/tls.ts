import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type ConnectionOptions, getCACertificates } from 'node:tls'
import { bad } from './bad-address.ts'

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/**
 * The meaning of `sslmode` and its files, as for libpq: see "SSL Support" in its manual. `prefer`, the default, uses what the
 * server offers, and does not protect against an attacker in the network. With `sslrootcert=system`, `verify-full` is the
 * default and the only useful mode: anyone can get a certificate of a public authority for a name of their own.
 */
export function tlsChoices(url: URLSearchParams, env: NodeJS.ProcessEnv, host: string): (ConnectionOptions | false)[] {
  const roots = url.get('sslrootcert') ?? env.PGSSLROOTCERT
  const mode = url.get('sslmode') ?? env.PGSSLMODE ?? (roots === 'system' ? 'verify-full' : 'prefer')
  if (!MODES.includes(mode)) throw bad(`its sslmode is ${mode}; supported are ${MODES.join(', ')}`)
  if (roots === 'system' && mode !== 'verify-full') throw bad(`sslmode=${mode} is too weak for sslrootcert=system`)
  if (mode === 'disable') return [false]
  if (mode.startsWith('verify') && roots === undefined) {
    throw bad(`sslmode=${mode} needs sslrootcert=FILE, or sslrootcert=system for the authorities of this machine`)
  }
  const [cert, key] = [url.get('sslcert'), url.get('sslkey')]
  if ((cert === null) !== (key === null)) throw bad('sslcert and sslkey must be passed together')
  const tls: ConnectionOptions = {
    // For an address, the name to verify has to be given explicitly.
    ...(isIP(host) ? { host } : {}),
    ...(cert !== null && key !== null && { cert: textOf('sslcert', cert), key: textOf('sslkey', key) }),
    ...(roots === undefined
      ? { rejectUnauthorized: false }
      : { ca: roots === 'system' ? getCACertificates('system') : textOf('sslrootcert', roots) }),
    // With a CA, `require` means verify-ca.
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  }
  if (mode === 'prefer') return [tls, false]
  return mode === 'allow' ? [false, tls] : [tls]
}

function textOf(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw bad(
      `its ${parameter} ${path} cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`,
    )
  }
}
