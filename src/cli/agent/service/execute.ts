import { execute } from '../../../agent/execute/execute.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { pathsFor } from '../surroundings.ts'

/** `agent execute`: the service starts it to carry out the open instruction. Writes events to stdout as lines of JSON. */
export async function runExecute(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--instance')
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new Error('the agent is stopping')))
  // The service that reads the events has ended; the next one continues the instruction.
  process.stdout.on('error', () => stop.abort(new Error('the service is gone')))
  const outcome = await execute({
    paths: pathsFor(at < 0 ? undefined : argv[at + 1]),
    emit: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    signal: stop.signal,
  })
  return outcome === 'done' ? ExitCode.ok : ExitCode.stepFailed
}
