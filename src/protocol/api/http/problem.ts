import * as z from 'zod/mini'
import { ApiError } from '../access.ts'

/** The media type of ProblemDetails. */
export const PROBLEM = 'application/problem+json'

/** Where the controller serves the reference of error codes: each has the code as its fragment. */
export const ERROR_REFERENCE = '/docs/errors'
export const typeOf = (code: string) => `${ERROR_REFERENCE}#${code}`

/** An answer with a status of 400 and above: RFC 9457, and the members of ApiError except `message`, which is `detail`. */
export const ProblemDetails = z.object({
  /** Of the error code, in the reference that the controller serves. */
  type: z.string(),
  /** Of the status. */
  title: z.string(),
  status: z.int(),
  /** What was found, and what is needed. */
  detail: z.string(),
  code: ApiError.shape.code,
  fix: ApiError.shape.fix,
  remedy: ApiError.shape.remedy,
  /** The present one, with `precondition/failed`. */
  revision: z.optional(z.string()),
  /** As in the header X-Request-Id, and in the log of the controller. */
  requestId: z.optional(z.string()),
})
export type ProblemDetails = z.infer<typeof ProblemDetails>
