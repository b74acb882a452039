import { handOnPieces } from '../../../../agent/execute/hand-on-pieces.ts'
import { emitLine, pathsIn, stoppedWithService } from '../started-by-service.ts'

/** `agent hand-on BUNDLE`: the service starts it when other nodes download the bundle. Writes what it logs to stdout as lines of JSON. */
export async function runHandOn([bundle = '', ...argv]: readonly string[]): Promise<number> {
  await handOnPieces({
    ...{ paths: pathsIn(argv), bundle, signal: stoppedWithService() },
    log: (said) => emitLine({ said }),
  })
  return 0
}
