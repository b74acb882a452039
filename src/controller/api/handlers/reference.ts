import type { referenceRoutes } from '../../../protocol/api/http/reference.ts'
import { errorsPage } from '../reference/errors-page.ts'
import { openapi } from '../reference/openapi.ts'
import { referencePage } from '../reference/page.ts'
import type { Handlers } from './handler.ts'

/** Each is made once, when it is first asked for. */
export function referenceHandlers(version: string): Handlers<typeof referenceRoutes> {
  const document = once(() => openapi(version))
  return {
    showOpenapi: document,
    showReference: once(() => referencePage(document())),
    showErrors: once(errorsPage),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
