import { ask } from '../../controller-client/ask.ts'
import type { HttpProxy, NetworkView } from '../../host/network.ts'
import type { AnswerOf, AskedOf, Route, Schema } from '../../protocol/api/route.ts'
import { unreachable } from './unreachable.ts'

/** How to reach one URL of the controller. */
export interface Way {
  /** `https://…` */
  url: string
  tls: { ca: string; cert: string; key: string }
  proxy: HttpProxy | undefined
  timeoutMs: number
  network: NetworkView
  /** An abort counts as a failed connection. */
  signal?: AbortSignal
}

/** Like `ask`, through this machine's network and proxy. */
export function askController<const R extends Route & { answer: Schema }>(
  { url, tls, proxy, timeoutMs, network, signal }: Way,
  route: R,
  asked: AskedOf<R>,
): Promise<AnswerOf<R>> {
  const way = { tls, ...(proxy && { proxy }) }
  const options = { timeoutMs, ...(signal && { signal }) }
  return ask(
    ({ url: target, ...request }) =>
      network.request(target, { ...request, ...way }).catch((error: unknown) => {
        throw unreachable(url, error)
      }),
    url,
    route,
    asked,
    options,
  )
}
