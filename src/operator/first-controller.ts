import { ask, type Send } from '../controller-client/ask.ts'
import { openHttps } from '../controller-client/https.ts'
import type { HttpProxy } from '../host/network.ts'
import type { AnswerOf, AskedOf, Route, Schema } from '../protocol/api/route.ts'

const TIMEOUT_MS = 15_000

/** From the mounted secret: `controller.json`, `ca.crt`, `tls.crt`, `tls.key`. */
export interface Identity {
  urls: string[]
  ca: string
  cert: string
  key: string
  /** Through which the nodes reach it. */
  proxy?: HttpProxy
}

/** Sends one request to a controller. */
export type AskController = <const R extends Route & { answer: Schema }>(
  route: R,
  asked: AskedOf<R>,
) => Promise<AnswerOf<R>>

/** What `work` got from the first controller for which it succeeds; throws the last error if none does. */
export async function ofFirstController<T>(
  identity: Identity,
  signal: AbortSignal,
  work: (askIt: AskController) => Promise<T>,
): Promise<T> {
  const { send, close } = await open(identity)
  let refusal: unknown = new Error('controller.json contains no controller')
  try {
    for (const url of identity.urls) {
      try {
        return await work((route, asked) => ask(send, url, route, asked, { timeoutMs: TIMEOUT_MS, signal }))
      } catch (error) {
        refusal = error
      }
    }
  } finally {
    close()
  }
  throw refusal
}

async function open({ ca, cert, key, proxy }: Identity): Promise<Pick<ReturnType<typeof openHttps>, 'send' | 'close'>> {
  if (proxy === undefined) return openHttps({ ca, cert, key, fix: 'start the controller (controller serve)' })
  const { linuxNetwork } = await import('../host/linux/network/network.ts')
  const send: Send = ({ url, ...request }) => linuxNetwork.request(url, { ...request, tls: { ca, cert, key }, proxy })
  return { send, close: () => undefined }
}
