import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
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
 * What it tells contains no names and no secrets.
 */
export async function listenForMetrics(
  listen: Listen,
  answers: Answers,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 10_000 }, listenerOf(answers))
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

function listenerOf({ metrics, problems }: Answers): RequestListener {
  const routes: Record<string, () => Promise<{ status: number; type: string; text: string }>> = {
    '/healthz': async () => ({ status: 200, type: PLAIN, text: 'ok\n' }),
    async '/readyz'() {
      const found = await problems()
      const isReady = found.length === 0
      return { status: isReady ? 200 : 503, type: PLAIN, text: isReady ? 'ok\n' : `not ready: ${found.join('; ')}\n` }
    },
    '/metrics': async () => ({ status: 200, ...(await metrics()) }),
  }
  return async ({ method, url = '' }, answer) => {
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
