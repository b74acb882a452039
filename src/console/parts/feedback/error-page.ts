import { ERROR_STATUS } from '../../../protocol/api/errors.ts'

/** What the controller explains about an error code. Undefined: the page has no such code, as those of checks and of agents. */
export const errorPage = (code: string): string | undefined =>
  Object.hasOwn(ERROR_STATUS, code) ? `/docs/errors#${code}` : undefined
