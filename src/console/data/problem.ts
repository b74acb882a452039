import type { Remedy } from '../../base/remedy.ts'

/** Why the controller did not do what was asked: what was found, and how to fix it. */
export class Problem extends Error {
  readonly code: string
  readonly fix: string
  readonly remedy: Remedy | undefined
  /** Of the answer; 0: there was none. */
  readonly status: number

  constructor(content: { code: string; message: string; fix: string; remedy?: Remedy | undefined; status: number }) {
    super(content.message)
    this.code = content.code
    this.fix = content.fix
    this.remedy = content.remedy
    this.status = content.status
  }
}

/** Of the body of an answer with a status of 400 and above. */
export function problemOf(status: number, body: unknown): Problem {
  const { code, detail, fix, remedy } = (typeof body === 'object' && body !== null ? body : {}) as Partial<
    Record<string, unknown>
  >
  if (typeof code === 'string' && typeof detail === 'string') {
    return new Problem({ code, message: detail, fix: String(fix ?? ''), remedy: remedy as Remedy | undefined, status })
  }
  return new Problem({
    code: 'controller/bad-answer',
    message: `the answer has the status ${status} and no description`,
    fix: 'look at the log of the controller, or of the proxy before it',
    status,
  })
}

/** Of anything that was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof TypeError) {
    return new Problem({
      code: 'controller/unreachable',
      message: 'the controller does not answer',
      fix: 'the page continues by itself when it answers again; otherwise look whether it runs: systemctl status cantrip-controller',
      status: 0,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new Problem({ code: 'console/failed', message, fix: 'reload the page', status: 0 })
}

/** Whether nobody is signed in any more. */
export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.status === 401
