import { renewAlone } from '../../../agent/execute/renew-alone.ts'
import type { NothingDue } from '../../../agent/service/certificates/when.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { emitLine, pathsIn, stoppedWithService } from './started-by-service.ts'

/**
 * `agent renew-certificates expired|soon`: the service starts it when it starts, and when a certificate can have expired. Writes events to stdout as
 * lines of JSON.
 */
export async function runRenewCertificates([when, ...rest]: readonly string[]): Promise<number> {
  const isDone = await renewAlone({
    paths: pathsIn(rest),
    when: when === 'expired' ? 'expired' : 'soon',
    emit: emitLine,
    onNothingDue: (firstEnd) => emitLine({ kind: 'nothing-due', firstEnd } satisfies NothingDue),
    signal: stoppedWithService(),
  })
  return isDone ? ExitCode.ok : ExitCode.stepFailed
}
