/** What a line of the log is about. Never a secret. */
export interface LogContext {
  /** Default: info. */
  level?: LogLevel
  requestId?: string
  /** Method and path template, e.g. `GET /v1/clusters/{name}`. */
  route?: string
  /** Who asked: kind and name, e.g. `admin local`. */
  identity?: string
  address?: string
}

export type LogLevel = 'error' | 'warning' | 'info'

/** Writes one line to the log of the process; never a secret. */
export type Log = (line: string, about?: LogContext) => void
