import { renewAlone } from '../../../agent/execute/renew-alone.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { pathsFor } from '../surroundings.ts'

/**
 * `agent renew-certificates expired|soon`: the service starts it when it starts, and every few minutes. Writes events to stdout as
 * lines of JSON.
 */
export async function runRenewCertificates([when, ...rest]: readonly string[]): Promise<number> {
  const at = rest.indexOf('--instance')
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new Error('the agent is stopping')))
  process.stdout.on('error', () => stop.abort(new Error('the service is gone')))
  const isDone = await renewAlone({
    paths: pathsFor(at < 0 ? undefined : rest[at + 1]),
    when: when === 'expired' ? 'expired' : 'soon',
    emit: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    signal: stop.signal,
  })
  return isDone ? ExitCode.ok : ExitCode.stepFailed
}
