import { keepNodeImages } from '../../../../agent/execute/keep-images.ts'
import { ExitCode } from '../../../kit/exit-codes.ts'
import { emitLine, pathsIn, stoppedWithService } from '../started-by-service.ts'

/** `agent keep-images`: the service starts it when images are missing. Writes reports to stdout as lines of JSON. */
export async function runKeepImages(argv: readonly string[]): Promise<number> {
  const isKept = await keepNodeImages({
    paths: pathsIn(argv),
    report: emitLine,
    signal: stoppedWithService(),
  })
  return isKept ? ExitCode.ok : ExitCode.stepFailed
}
