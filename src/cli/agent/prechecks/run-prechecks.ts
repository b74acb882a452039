import type { Credentials } from '../../../agent/identity/credentials.ts'
import type { AgentPaths } from '../../../agent/paths.ts'
import { AgentError } from '../../../base/agent-error.ts'
import type { Check, CheckParams } from '../../../engine/checks/check.ts'
import type { CheckResult } from '../../../engine/checks/run-checks.ts'
import type { HostView } from '../../../host/host.ts'
import type { HttpProxy } from '../../../host/network.ts'
import { withOwnPath } from '../../../report/own-commands.ts'
import { ownProgram } from '../../kit/own-program.ts'

export interface PrecheckInput {
  view: HostView
  params: CheckParams
  /** Ids of checks whose failure counts as a warning, with the reason. */
  ignore: ReadonlyMap<string, string>
  /** See `RunChecksOptions`. */
  timeoutFactor?: number | undefined
  signal?: AbortSignal
}

interface ParamsInput {
  paths: Pick<AgentPaths, 'stateDirectory'>
  credentials?: Credentials | undefined
  role?: readonly string[] | undefined
  proxy?: HttpProxy | undefined
  hostname?: string | undefined
}

export interface Prechecked {
  results: CheckResult[]
  hardFailures: number
  /** From the start of the first check to the end of the last one. */
  ms: number
}

/** Runs all checks, for `precheck` and `install` alike. */
export async function runPrechecks({
  view,
  params,
  ignore,
  timeoutFactor = 1,
  signal,
}: PrecheckInput): Promise<Prechecked> {
  const { checks } = await import('../../../checks/catalog.generated.ts')
  const { hardFailures, runChecks } = await import('../../../engine/checks/run-checks.ts')
  for (const id of ignore.keys()) {
    if (findCheck(checks, id).strict) process.stderr.write(`[!] --ignore-check ${id}: this check cannot be ignored\n`)
  }
  const startedMs = performance.now()
  const looked = await runChecks(checks, view, params, { ignore, timeoutFactor, ...(signal && { signal }) })
  const program = ownProgram('agent')
  const results = looked.map((result) =>
    result.fix === undefined ? result : { ...result, fix: withOwnPath(result.fix, program) },
  )
  const ms = Math.round(performance.now() - startedMs)
  return { results, hardFailures: hardFailures(results).length, ms }
}

/** The parameters of the checks. Without credentials they have no controller. */
export function paramsFor({ paths, credentials, role, proxy, hostname }: ParamsInput): CheckParams {
  const params = { roles: parseRoles(role), ownStateDirectory: paths.stateDirectory, ...(hostname && { hostname }) }
  if (credentials === undefined) return params
  const { installer, ca, enrolment } = credentials
  const { certificate: cert, key } = installer
  const { subnets } = enrolment
  return {
    ...params,
    ...(subnets && { subnets }),
    controller: { urls: enrolment.urls, ca, cert, key: key.reveal(), ...(proxy && { proxy }) },
  }
}

export function findCheck(checks: readonly Check[], id: string): Check {
  const check = checks.find((known) => known.id === id)
  if (check === undefined) throw usage('precheck/unknown-check', `unknown check "${id}"`, 'see: agent precheck --list')
  return check
}

const ROLES = ['master', 'worker', 'storage'] as const

export function parseRoles(words: readonly string[] = []): CheckParams['roles'] {
  return words
    .flatMap((word) => word.split(','))
    .map((word) => {
      const role = ROLES.find((known) => known === word)
      if (role === undefined) throw usage('precheck/role', `unknown role ${word}`, `use ${ROLES.join(', ')}`)
      return role
    })
}

/** `ID` or `ID=REASON`. */
export function parseIgnored(words: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const [id = '', ...reason] = word.split('=')
      return [id, reason.join('=') || 'no reason given'] as const
    }),
  )
}

export function usage(code: string, message: string, fix: string): AgentError {
  return new AgentError(code, message, { fix, kind: 'invalid' })
}
