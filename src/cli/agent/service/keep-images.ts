import { keepNodeImages } from '../../../agent/execute/keep-images.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { pathsFor } from '../surroundings.ts'

/** `agent keep-images`: the service starts it when images are missing. Writes reports to stdout as lines of JSON. */
export async function runKeepImages(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--instance')
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new Error('the agent is stopping')))
  process.stdout.on('error', () => stop.abort(new Error('the service is gone')))
  const isKept = await keepNodeImages({
    paths: pathsFor(at < 0 ? undefined : argv[at + 1]),
    report: (report) => void process.stdout.write(`${JSON.stringify(report)}\n`),
    signal: stop.signal,
  })
  return isKept ? ExitCode.ok : ExitCode.stepFailed
}
