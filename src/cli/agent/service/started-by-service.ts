import type { AgentPaths } from '../../../agent/paths.ts'
import { pathsFor } from '../surroundings.ts'

/** The installation that the service names with `--instance NAME` when it starts this process. */
export function pathsIn(argv: readonly string[]): AgentPaths {
  const at = argv.indexOf('--instance')
  return pathsFor(at < 0 ? undefined : argv[at + 1])
}

/** Aborted when the service ends this process, or is gone, which reads its stdout. The next service begins it again. */
export function stoppedWithService(): AbortSignal {
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new Error('the agent is stopping')))
  process.stdout.on('error', () => stop.abort(new Error('the service is gone')))
  return stop.signal
}

/** Writes a line of JSON to stdout. */
export function emitLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
