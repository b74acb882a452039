import { constants, X509Certificate } from 'node:crypto'
import type { Server, ServerOptions } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { HasAuthority, HasClock, HasExpiries, HasLog } from '../../ports.ts'
import { type NamedCertificate, readNamedCertificate, type TlsFiles } from './named-certificate.ts'
import { ownCertificate } from './own-certificate.ts'

const LOOK_EVERY_MS = 10_000
/** The files are not read with each of many handshakes. */
const READ_EVERY_MS = 1_000

export interface ServerTls {
  /** For the server's creation. */
  options: ServerOptions
  /** Renews the certificates of the server while it runs. Only new handshakes use a new one. */
  keep(server: Server): void
}

/**
 * The certificates of the server: of the controller's own CA for agents, and the one of `files` for the clients that ask for
 * another name (SNI). The clock is read at an interval and with each connection: a timer alone stands still while the machine is
 * suspended. Throws AgentError `serve/tls-files`.
 */
export function openServerTls(
  ports: HasAuthority & HasExpiries & Pick<HasClock, 'now'> & HasLog,
  hosts: readonly string[],
  files?: TlsFiles,
): ServerTls {
  const own = ownCertificate(ports.authority, hosts)
  const named = files && openNamed(ports, files, hosts)
  const contextOf = (keys: { cert: string; key: string }) => ({
    ...keys,
    ca: ports.authority.ca,
    minVersion: 'TLSv1.3' as const,
    // No session is resumed, so the certificate of each connection is verified. Tickets that TLS 1.3 still sends name nothing.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
  let keys = own(ports.now())
  ports.expiries.set('server', () => new X509Certificate(keys.cert).validToDate)
  if (named) ports.expiries.set('browsers', named.validTo)
  return {
    options: {
      ...contextOf(keys),
      ...(named && { SNICallback: (name, give) => give(null, named.contextFor(name, contextOf)) }),
    },
    keep(server) {
      const renew = () => {
        const due = own(ports.now())
        if (due !== keys) server.setSecureContext(contextOf(due))
        keys = due
      }
      const timer = setInterval(() => {
        renew()
        named?.reload()
      }, LOOK_EVERY_MS)
      server.prependListener('connection', renew)
      server.once('close', () => clearInterval(timer))
    },
  }
}

function openNamed(
  { authority, log, now }: Parameters<typeof openServerTls>[0],
  files: TlsFiles,
  hosts: readonly string[],
) {
  let present = readNamedCertificate(files, hosts)
  let context: { of: NamedCertificate; ca: string; secure: SecureContext } | undefined
  let problem = ''
  let readAtMs = performance.now()
  const warnIfExpired = () => {
    if (now() > present.validTo)
      log(`the certificate in ${files.certificate} expired at ${present.validTo.toISOString()}`)
  }
  warnIfExpired()
  /** Files that cannot be used are logged once, and the certificate stays as it is. */
  const reload = () => {
    if (performance.now() - readAtMs < READ_EVERY_MS) return
    readAtMs = performance.now()
    try {
      const read = readNamedCertificate(files, hosts)
      problem = ''
      if (read.cert === present.cert && read.key === present.key) return
      present = read
      log(`the certificate in ${files.certificate} is in use, until ${read.validTo.toISOString()}`)
      warnIfExpired()
    } catch (error) {
      const found = errorMessage(error)
      if (found !== problem) log(`the certificate for browsers was not changed: ${found}`)
      problem = found
    }
  }
  return {
    reload,
    validTo: () => present.validTo,
    /** Undefined for names of the controller's own certificate. */
    contextFor(name: string, contextOf: (keys: NamedCertificate) => Parameters<typeof createSecureContext>[0]) {
      reload()
      if (!present.isFor(name)) return undefined
      if (context?.of !== present || context.ca !== authority.ca)
        context = { of: present, ca: authority.ca, secure: createSecureContext(contextOf(present)) }
      return context.secure
    },
  }
}
