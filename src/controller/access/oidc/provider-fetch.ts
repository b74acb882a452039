import type { CustomFetch } from 'openid-client'
import { machineCas } from '../../../pki/machine-cas.ts'

const CONNECT_MS = 5_000
const ANSWER_MS = 10_000
/** Documents of providers have some KB. */
const MAX_BYTES = 256 * 1024

/** HTTPS to the provider with limits on time and size. Redirects are not followed. */
export async function openProviderFetch(ca: string | undefined): Promise<CustomFetch> {
  const { Agent, fetch } = await import('undici')
  const dispatcher = new Agent({
    connect: {
      ca: ca ?? machineCas(),
      minVersion: 'TLSv1.2',
      timeout: CONNECT_MS,
    },
    connections: 8,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    maxResponseSize: MAX_BYTES,
    maxHeaderSize: 16 * 1024,
  })
  return async (url, { body, method, headers, signal }) => {
    const sent = { method, headers, redirect: 'manual' as const, dispatcher }
    const answer = await fetch(url, {
      ...sent,
      ...(body != null && { body: body as string }),
      ...(signal && { signal }),
    })
    return answer as unknown as Response
  }
}
