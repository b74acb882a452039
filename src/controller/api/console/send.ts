import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONSOLE_PATH, type consoleRoutes } from '../../../protocol/api/http/console.ts'
import { isNoneOf } from '../http/entity-tags.ts'
import { unknownPath } from '../request-parts.ts'
import { type ConsoleFile, type ConsoleFiles, contentFor } from './files.ts'

type Send = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** Nothing from elsewhere, no script or style in a page, no frame, and no text that becomes markup. */
const CONTENT_SECURITY_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'"],
  ...["connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
}
const A_YEAR = 'public, max-age=31536000, immutable'

/** The routes of the web console. Without files there is none. */
export function createConsole(files: ConsoleFiles): Record<keyof typeof consoleRoutes, Send> {
  const page = files.get('index.html')
  const redirect: Send = async ({ headers, url }, reply) => {
    if (!page || !headers.accept?.includes('text/html')) throw unknownPath(url.split('?', 1)[0] ?? '')
    return reply.header('cache-control', 'no-cache').header('vary', 'accept').redirect(CONSOLE_PATH)
  }
  return {
    openController: redirect,
    openConsole: redirect,
    async fetchConsoleFile(request, reply) {
      const { path = '' } = request.params as { path?: string }
      // The console itself knows which of its pages this is.
      const file = files.get(path) ?? (isPage(path) ? page : undefined)
      if (!file) throw unknownPath(`${CONSOLE_PATH}${path}`)
      return send(file, request, reply)
    },
  }
}

/** Not by a pattern: a path of many dots would take its time squared. */
const isPage = (path: string) => !path.slice(path.lastIndexOf('/') + 1).includes('.')

function send(file: ConsoleFile, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const content = contentFor(file, headers['accept-encoding'])
  if (!content) throw new Error('the console has a file in compressed form only')
  const { coding, bytes, etag } = content
  const unless = headers['if-none-match']
  reply.headers({ ...HEADERS, etag, 'cache-control': file.isFixed ? A_YEAR : 'no-cache' })
  if (unless !== undefined && !isNoneOf(unless, etag)) return reply.code(304).send()
  if (coding !== 'identity') reply.header('content-encoding', coding)
  return reply.type(file.type).send(bytes)
}
