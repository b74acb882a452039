import type { Credentials } from '../../agent/credentials.ts'
import type { AgentPaths } from '../../agent/paths.ts'
import type { CheckResult } from '../../engine/run-checks.ts'
import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'
import type { HostView } from '../../host/host.ts'
import { parseIgnored, precheck } from './precheck.ts'
import type { Format } from './surroundings.ts'

export interface CheckInput {
  paths: AgentPaths
  view: HostView
  credentials: Credentials
  ignoreCheck: string[]
  hostname?: string
  proxy?: string
  format: Format
  signal: AbortSignal
}

/** The prechecks that an installation begins with; throws where a hard one failed. */
export async function checkFirst({
  paths,
  view,
  credentials,
  ignoreCheck,
  hostname,
  proxy,
  format,
  signal,
}: CheckInput): Promise<CheckResult[]> {
  const { installer, ca, enrolment } = credentials
  const { results, hardFailures } = await precheck({
    view,
    params: {
      roles: [],
      controller: {
        urls: enrolment.urls,
        ca,
        cert: installer.certificate,
        key: installer.key.reveal(),
        ...(proxy === undefined ? {} : { proxy }),
      },
      ownStateDirectory: paths.stateDirectory,
      ...(hostname === undefined ? {} : { hostname }),
    },
    ignore: parseIgnored(ignoreCheck),
    signal,
  })
  const { precheckSummary } = await import('../../report/precheck-summary.ts')
  if (format === 'json') print(JSON.stringify({ kind: 'prechecks', checks: results, hardFailures }))
  else print(`[+] Running prechecks … ${precheckSummary(results)}`)
  for (const { id, found, wanted, fix } of results.filter(isWorthTelling)) {
    if (format === 'text')
      print(`    ${id}: found ${found}${wanted ? `; wanted ${wanted}` : ''}${fix ? `\n      fix: ${fix}` : ''}`)
  }
  if (hardFailures > 0) throw checksFailed(results)
  return results
}

function isWorthTelling({ verdict }: CheckResult): boolean {
  return verdict === 'fail' || verdict === 'error' || verdict === 'warn'
}

/** What fails when the controller cannot be reached, and says nothing about this machine. */
const NEED_CONTROLLER = ['controller', 'time-skew']

function checksFailed(results: readonly CheckResult[]): AgentError {
  const failed = results.filter(({ hard, verdict }) => hard && (verdict === 'fail' || verdict === 'error'))
  const ids = failed.map(({ id }) => id).join(', ')
  const isUnreachable =
    failed.some(({ id }) => id === 'controller') && failed.every(({ id }) => NEED_CONTROLLER.includes(id))
  return new AgentError('precheck/failed', `hard prechecks failed: ${ids}; nothing was changed`, {
    fix: 'mend what they name, and run the same command again; agent precheck --explain ID tells more',
    exitCode: isUnreachable ? ExitCode.controllerUnreachable : ExitCode.checkFailed,
  })
}

/** For the controller to show. */
export function warningsOf(results: readonly CheckResult[]) {
  return results.filter(isWorthTelling).map(({ id, verdict, found, wanted, fix }) => ({
    id,
    verdict,
    found: found.slice(0, 4_000),
    ...(wanted === undefined ? {} : { wanted: wanted.slice(0, 4_000) }),
    ...(fix === undefined ? {} : { fix: fix.slice(0, 4_000) }),
  }))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
