import { execute } from '../../../agent/execute/execute.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { emitLine, pathsIn, stoppedWithService } from './started-by-service.ts'

/** `agent execute`: the service starts it to carry out the open instruction. Writes events to stdout as lines of JSON. */
export async function runExecute(argv: readonly string[]): Promise<number> {
  const outcome = await execute({ paths: pathsIn(argv), emit: emitLine, signal: stoppedWithService() })
  return outcome === 'done' ? ExitCode.ok : ExitCode.stepFailed
}
