import { readIfThere } from '../base/durable-file.ts'
import { LONGEST_URL, MOST_URLS } from '../protocol/wire/session/limits.ts'
import type { AgentPaths } from './paths.ts'
import { writeStateFile } from './state-file.ts'

/** The controllers that a cluster's controller told this node of. */
export interface ReceivedControllers {
  /** Its id. */
  cluster: string
  /** ISO 8601. A later list replaces an earlier one. */
  issuedAt: string
  urls: string[]
}

type Paths = Pick<AgentPaths, 'controllersFile'>

/** Undefined also for a list of another cluster, and for a damaged file, because the controller sends it again. */
export function readControllers(paths: Paths, cluster: string): ReceivedControllers | undefined {
  try {
    const received = JSON.parse(readIfThere(paths.controllersFile) ?? '') as ReceivedControllers
    const { issuedAt, urls } = received
    // The controller accepts no hello with more.
    const isShort = urls.length <= MOST_URLS && urls.every(({ length }) => length <= LONGEST_URL)
    const isWhole = typeof issuedAt === 'string' && isShort && urls.every(isControllerUrl)
    return isWhole && received.cluster === cluster ? { cluster, issuedAt, urls } : undefined
  } catch {
    return undefined
  }
}

/** Durable when it returns. */
export function writeControllers(paths: Paths, { cluster, issuedAt, urls }: ReceivedControllers): void {
  writeStateFile(paths.controllersFile, `${JSON.stringify({ cluster, issuedAt, urls })}\n`)
}

/** The agent sends nothing in clear. */
export function isControllerUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:'
}
