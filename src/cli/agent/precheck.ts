import type { Command } from 'commander'
import type { Check, CheckParams } from '../../engine/check.ts'
import type { CheckResult } from '../../engine/run-checks.ts'
import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'
import type { HostView } from '../../host/host.ts'

export interface PrecheckInput {
  view: HostView
  params: CheckParams
  /** Ids to demote to a warning, with the reason given. */
  ignore: ReadonlyMap<string, string>
  signal?: AbortSignal
}

export interface Prechecked {
  results: CheckResult[]
  hardFailures: number
  /** From the start of the first check to the end of the last one. */
  ms: number
}

/** Runs all checks. Used by `precheck` and `install` alike. */
export async function precheck(input: PrecheckInput): Promise<Prechecked> {
  const { view, params, ignore, signal } = input
  const { checks } = await import('../../checks/catalog.generated.ts')
  const { hardFailures, runChecks } = await import('../../engine/run-checks.ts')
  for (const id of ignore.keys()) findCheck(checks, id)
  const startedMs = performance.now()
  const results = await runChecks(checks, view, params, { ignore, ...(signal && { signal }) })
  const ms = Math.round(performance.now() - startedMs)
  return { results, hardFailures: hardFailures(results).length, ms }
}

interface Options {
  credsFile?: string
  passphraseFile?: string
  role?: string[]
  output: string
  list?: boolean
  explain?: string
  ignoreCheck?: string[]
  proxy?: string
  instance?: string
  /** False with --no-color. */
  color?: boolean
}

const collect = (value: string, earlier: string[] = []) => [...earlier, value]

export function registerPrecheck(program: Command): void {
  program
    .command('precheck')
    .summary('look whether this machine is fit, change nothing')
    .description('Looks whether this machine is fit to become a node. Changes nothing.')
    .option('--creds-file <file>', 'credentials of the controller; without them what needs a controller is left out')
    .option('--passphrase-file <file>', 'the passphrase of the credentials')
    .option('--role <role>', 'master, worker or storage; may be repeated', collect)
    .option('-o, --output <format>', 'text, json or junit', 'text')
    .option('--list', 'list all checks')
    .option('--explain <id>', 'tell what a check looks at, and why')
    .option('--ignore-check <id[=reason]>', 'take a failure as a warning; may be repeated', collect)
    .option('--proxy <url>', 'HTTP proxy on the way to the controller')
    .addHelpText('after', EXAMPLES)
    .action(async (_: Options, command: Command) => act(command.optsWithGlobals<Options>()))
}

const EXAMPLES = `
Examples:
  agent precheck
  agent precheck --role master --creds-file prod.pem --passphrase-file prod-passphrase.txt
  agent precheck -o json
  agent precheck --explain dns-port
  agent precheck --ignore-check ntp='time comes from the hypervisor'

Exit code 3 when a hard check failed.
`

async function act(options: Options): Promise<void> {
  const print = (text: string) => void process.stdout.write(text)
  const { checks } = await import('../../checks/catalog.generated.ts')
  if (options.list) return print(listText(checks))
  if (options.explain !== undefined) return print(explainText(findCheck(checks, options.explain)))
  const format = await formatter(options)
  const { linuxHostView } = await import('../../host/linux/host-view.ts')
  const view = linuxHostView()
  const params = await paramsOf(options, view)
  const { results, hardFailures, ms } = await precheck({ view, params, ignore: parseIgnored(options.ignoreCheck) })
  print(format(results, ms))
  if (hardFailures > 0) process.exitCode = ExitCode.checkFailed
}

async function formatter({ output, color }: Options): Promise<(results: readonly CheckResult[], ms: number) => string> {
  switch (output) {
    case 'json':
      return (await import('../../report/precheck-json.ts')).precheckJson
    case 'junit':
      return (await import('../../report/precheck-junit.ts')).precheckJunit
    case 'text': {
      const { precheckTable } = await import('../../report/precheck-table.ts')
      const colour = process.stdout.isTTY === true && !process.env.NO_COLOR && color !== false
      return (results) => precheckTable(results, { colour })
    }
    default:
      throw usage('precheck/output', `-o ${output} is not known`, 'use -o text, -o json or -o junit')
  }
}

async function paramsOf(options: Options, view: HostView): Promise<CheckParams> {
  const { pathsOf } = await import('../../agent/paths.ts')
  const params = { roles: parseRoles(options.role), ownStateDirectory: pathsOf(options.instance).stateDirectory }
  const { credsFile, passphraseFile, proxy } = options
  if (credsFile === undefined && passphraseFile === undefined) return params
  if (credsFile === undefined || passphraseFile === undefined)
    throw usage('precheck/credentials', 'only one of the two files of the credentials was given', BOTH_FILES)
  const { readCredentials } = await import('../../agent/credentials.ts')
  const { installer, ca, enrolment } = await readCredentials(credsFile, passphraseFile, view)
  const { certificate: cert, key } = installer
  return { ...params, controller: { urls: enrolment.urls, ca, cert, key: key.reveal(), ...(proxy && { proxy }) } }
}

const BOTH_FILES = 'give --creds-file and --passphrase-file'

const ROLES = ['master', 'worker', 'storage'] as const

export function parseRoles(words: readonly string[] = []): CheckParams['roles'] {
  return words
    .flatMap((word) => word.split(','))
    .map((word) => {
      const role = ROLES.find((known) => known === word)
      if (role === undefined) throw usage('precheck/role', `role ${word} is not known`, `use ${ROLES.join(', ')}`)
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

function findCheck(checks: readonly Check[], id: string): Check {
  const check = checks.find((known) => known.id === id)
  if (check === undefined)
    throw usage('precheck/unknown-check', `there is no check "${id}"`, 'see: agent precheck --list')
  return check
}

function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  return checks.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('')
}

function explainText({ id, title, why, hard, strict }: Check): string {
  const effect = hard ? 'A failure stops the installation' : 'A failure is a warning'
  const ignorable = !hard ? '' : strict ? '; it cannot be ignored' : `; --ignore-check ${id}=REASON makes it a warning`
  return `${id}: ${title}\n\n${why}\n\n${effect}${ignorable}.\n`
}

function usage(code: string, message: string, fix: string): AgentError {
  return new AgentError(code, message, { fix, exitCode: ExitCode.usage })
}
