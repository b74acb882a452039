import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { hostname } from 'node:os'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { Listen } from '../../api/addresses.ts'
import { cannotListen } from '../../listening/cannot-listen.ts'

export interface Answers {
  /** In the format of Prometheus. */
  metrics(): Promise<{ type: string; text: string }>
  /** Why the controller cannot take requests; empty if it can. */
  problems(): Promise<string[]>
}

const PLAIN = 'text/plain; charset=utf-8'

/**
 * A server without TLS and without authentication, for a monitoring system on this machine: /metrics, /healthz and /readyz.
 * What it tells contains no names and no secrets. On a loopback address it answers only requests for this machine: a web page that a
 * browser of this machine shows could otherwise reach it by a name that resolves to the address (DNS rebinding).
 */
export async function listenForMetrics(
  listen: Listen,
  answers: Answers,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(
    { maxHeaderSize: 8 * 1024, requestTimeout: 10_000 },
    listenerOf(answers, isLoopback(listen.host) ? isOwnHost : () => true),
  )
  server.maxConnections = 64
  try {
    server.listen(listen)
    await once(server, 'listening')
  } catch (cause) {
    throw cannotListen(listen, '--metrics-listen', cause)
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    },
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Of the header Host: an IP address, localhost, or the name of this machine. */
export function isOwnHost(header = ''): boolean {
  const name = header.replace(/:\d+$/, '').toLowerCase()
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === 'localhost' || name === hostname().toLowerCase()
}

function listenerOf({ metrics, problems }: Answers, isOwn: (host: string | undefined) => boolean): RequestListener {
  const routes: Record<string, () => Promise<{ status: number; type: string; text: string }>> = {
    '/healthz': async () => ({ status: 200, type: PLAIN, text: 'ok\n' }),
    async '/readyz'() {
      const found = await problems()
      const isReady = found.length === 0
      return { status: isReady ? 200 : 503, type: PLAIN, text: isReady ? 'ok\n' : `not ready: ${found.join('; ')}\n` }
    },
    '/metrics': async () => ({ status: 200, ...(await metrics()) }),
  }
  return async ({ method, url = '', headers }, answer) => {
    if (!isOwn(headers.host)) {
      answer
        .writeHead(421, { 'content-type': PLAIN })
        .end('wanted the address or the name of this machine in the URL\n')
      return
    }
    const route = routes[url.split('?', 1)[0] ?? '']
    const isRead = method === 'GET' || method === 'HEAD'
    const { status, type, text } = !route
      ? { status: 404, type: PLAIN, text: `wanted one of ${Object.keys(routes).join(', ')}\n` }
      : isRead
        ? await route().catch((error: unknown) => ({ status: 503, type: PLAIN, text: `${errorMessage(error)}\n` }))
        : { status: 405, type: PLAIN, text: 'wanted GET\n' }
    answer.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(method === 'HEAD' ? '' : text)
  }
}
