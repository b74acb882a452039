import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface FileServer {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** `GET /path bytes=1-` of each request, in order. */
  requests: string[]
  /** Answers these paths instead of the files. A handler that returns true leaves the answer to the files. */
  handlers: Map<string, (request: IncomingMessage, response: ServerResponse) => unknown>
  close(): Promise<void>
}

/** A web server of this machine with the files of a directory, which continues interrupted downloads. */
export async function serveFiles(directory: string): Promise<FileServer> {
  const requests: string[] = []
  const handlers: FileServer['handlers'] = new Map()
  const server = createServer(async (request, response) => {
    const { method, url = '/', headers } = request
    requests.push([method, url, headers.range].filter(Boolean).join(' '))
    const handler = handlers.get(url)
    if (handler === undefined || (await handler(request, response)) === true) {
      await answer(join(directory, decodeURIComponent(url)), headers.range, response)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    handlers,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(file: string, range: string | undefined, response: ServerResponse): Promise<void> {
  const content = await readFile(file).catch(() => undefined)
  if (content === undefined) {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>404</title>')
    return
  }
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  if (from > 0 && from >= content.length) {
    response.writeHead(416).end()
    return
  }
  const headers = { 'content-length': content.length - from }
  const position = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...position } : headers)
  response.end(content.subarray(from))
}
