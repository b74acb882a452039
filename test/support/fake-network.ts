import {
  NetworkError,
  type NetworkView,
  type RequestOptions,
  type Response,
  type Source,
} from '../../src/host/network.ts'

type Answer<Arguments extends unknown[], Result> = Result | Error | ((...args: Arguments) => Result | Promise<Result>)
type Exchange = { reply: Uint8Array; sentAtMs: number; receivedAtMs: number }

export interface FakeNetwork extends NetworkView {
  /** The addresses of a name; an Error is thrown. Addresses resolve to themselves. */
  onResolve(name: string, answer: Answer<[string], string[]>): void
  /** The longest matching URL prefix answers. */
  onRequest(urlPrefix: string, answer: Answer<[string, RequestOptions], Partial<Response>>): void
  /** `host:port` */
  onExchange(to: string, answer: Answer<[Uint8Array], Exchange>): void
  /** The source for packets to an address; undefined if there is no route. */
  onSource(address: string, source: Source | undefined): void
}

/** Only what a test scripts resolves and answers. `byRoutes` finds the source if none is scripted. */
export function fakeNetwork(byRoutes: (address: string) => Source | undefined = () => undefined): FakeNetwork {
  const sources = new Map<string, Source | undefined>()
  const names = new Map<string, Answer<[string], string[]>>()
  const urls = new Map<string, Answer<[string, RequestOptions], Partial<Response>>>()
  const exchanges = new Map<string, Answer<[Uint8Array], Exchange>>()
  return {
    onResolve: (name, answer) => void names.set(name, answer),
    onRequest: (prefix, answer) => void urls.set(prefix, answer),
    onExchange: (to, answer) => void exchanges.set(to, answer),
    onSource: (address, source) => void sources.set(address, source),

    sourceTowards: async (address) => (sources.has(address) ? sources.get(address) : byRoutes(address)),

    async resolve(name) {
      if (/^[\d.]+$|:/.test(name)) return [name]
      const answer = names.get(name)
      if (answer === undefined) throw new NetworkError('resolve', `${name}: ENOTFOUND`)
      return give(answer, name)
    },

    async request(url, options) {
      const prefix = [...urls.keys()].filter((known) => url.startsWith(known)).sort((a, b) => b.length - a.length)[0]
      const answer = prefix === undefined ? undefined : urls.get(prefix)
      if (answer === undefined) throw new NetworkError('tcp', `${url}: ECONNREFUSED`)
      return { status: 200, headers: {}, body: '', sentAtMs: 0, receivedAtMs: 0, ...(await give(answer, url, options)) }
    },

    async exchange(to, packet, timeoutMs) {
      const answer = exchanges.get(`${to.host}:${to.port}`)
      if (answer === undefined)
        throw new NetworkError('tcp', `${to.host}:${to.port} did not answer within ${timeoutMs} ms`)
      return give(answer, packet)
    },
  }
}

async function give<Arguments extends unknown[], Result>(
  answer: Answer<Arguments, Result>,
  ...args: Arguments
): Promise<Result> {
  if (answer instanceof Error) throw answer
  return typeof answer === 'function' ? (answer as (...args: Arguments) => Result | Promise<Result>)(...args) : answer
}
