import type { Command } from 'commander'
import type { AgentPaths } from '../../../agent/paths.ts'
import type { Check, CheckParams, Threshold } from '../../../engine/checks/check.ts'
import { fixStepIdOf } from '../../../engine/checks/fix-workflow.ts'
import type { HostView } from '../../../host/host.ts'
import { withOwnPath } from '../../../report/own-commands.ts'
import { collect } from '../../kit/collect.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { formatOption } from '../../kit/output.ts'
import { ownProgram } from '../../kit/own-program.ts'
import { roleOption } from '../role-option.ts'
import { type GlobalOptions, interruption, optionsOf, pathsFor, requireRoot } from '../surroundings.ts'
import { osHintOption } from './os-hint-option.ts'
import { PRECHECK_FORMATS, type PrecheckFormat, precheckFormat } from './precheck-format.ts'
import { findCheck, paramsFor, parseIgnored, runPrechecks, usage } from './run-prechecks.ts'

interface Options extends GlobalOptions {
  credsFile?: string
  passphraseFile?: string
  role?: string[]
  output: PrecheckFormat
  list?: boolean
  explain?: string
  ignoreCheck?: string[]
  proxy?: string
  proxyPasswordFile?: string
  tlsTerminatingProxy?: boolean
  osHint?: string
  fix?: boolean
  yes?: boolean
}

export function registerPrecheck(program: Command): void {
  program
    .command('precheck')
    .summary('check whether this machine can become a node')
    .description('Checks whether this machine can become a node. Changes nothing, except with --fix.')
    .option(
      '--creds-file <file>',
      'credentials file of the controller; without it, checks that need a controller are skipped',
    )
    .option('--passphrase-file <file>', 'passphrase file of the credentials')
    .addOption(roleOption())
    .addOption(formatOption(PRECHECK_FORMATS))
    .option('--list', 'list all checks')
    .option('--explain <check>', 'explain what a check looks at, and why')
    .option('--ignore-check <check[=reason]>', 'treat a failure as a warning; repeatable', collect)
    .option('--proxy <url>', 'HTTP proxy for the connection to the controller: http://[user@]host:port, or none')
    .option('--proxy-password-file <file>', 'file with the password of the proxy')
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
    .addOption(osHintOption())
    .option('--fix', 'fix what agent uninstall can undo; lists the changes and asks first')
    .option('-y, --yes', 'with --fix: do not ask for confirmation')
    .addHelpText('after', EXAMPLES)
    .action(async (_: object, command: Command) => act(optionsOf<Options>(command)))
}

const EXAMPLES = `
Examples:
  agent precheck
  agent precheck --role master --creds-file prod.pem --passphrase-file prod-passphrase.txt
  agent precheck -o json
  agent precheck --explain dns-port
  agent precheck --ignore-check ntp='time comes from the hypervisor'
  sudo agent precheck --fix

Exit code 3 if a hard check failed.
`

async function act(options: Options): Promise<void> {
  const { checks, fixSteps } = await import('../../../checks/catalog.generated.ts')
  const isJson = options.output === 'json'
  if (options.list) return print(isJson ? jsonText(checks.map(checkData)) : listText(checks))
  if (options.explain !== undefined) {
    const check = findCheck(checks, options.explain)
    const isFixable = fixSteps.some(({ id }) => id === fixStepIdOf(check.id))
    return print(isJson ? jsonText({ ...checkData(check), isFixable }) : explainText(check, isFixable))
  }
  const format = await precheckFormat(options.output, options.color)
  const signal = interruption()
  const { linuxHostView } = await import('../../../host/linux/host-view.ts')
  const paths = pathsFor(options.instance, options.osHint)
  const view = linuxHostView(paths.layout)
  if (options.fix) requireRoot(view.uid(), '--fix')
  if (options.fix && options.output !== 'text' && !options.yes)
    throw usage(
      'precheck/not-confirmed',
      `--fix asks for confirmation, which is not possible with -o ${options.output}`,
      'add --yes',
    )
  const params = await paramsOf(options, paths, view)
  const look = () => runPrechecks({ view, params, ignore: parseIgnored(options.ignoreCheck), signal })
  let seen = await look()
  let report: Parameters<typeof format>[1] = {}
  if (options.fix) {
    const isText = options.output === 'text'
    if (isText) print(format(seen))
    const { fix } = await import('./fix.ts')
    const { yes, verbose } = options
    const fixed = await fix({
      ...seen,
      fixSteps,
      params,
      paths,
      isText,
      yes,
      verbose,
      signal,
    })
    if (isText && fixed.length === 0) return end(seen.hardFailures)
    if (fixed.length > 0) seen = await look()
    report = { mended: fixed }
  }
  print(format(seen, report))
  end(seen.hardFailures)
}

function end(hardFailures: number): void {
  if (hardFailures > 0) process.exitCode = ExitCode.checkFailed
}

async function paramsOf(options: Options, paths: AgentPaths, view: HostView): Promise<CheckParams> {
  const { credsFile, passphraseFile } = options
  const { proxyOf } = await import('../../../agent/install/proxy.ts')
  if (credsFile === undefined && passphraseFile === undefined)
    return paramsFor({ ...options, proxy: await proxyOf(options, { view }), paths })
  if (credsFile === undefined || passphraseFile === undefined)
    throw usage('precheck/credentials', 'only one of the two credentials files was passed', BOTH_FILES)
  const { readCredentials } = await import('../../../agent/identity/credentials.ts')
  const credentials = await readCredentials(credsFile, passphraseFile, view)
  const proxy = await proxyOf(options, { view, carried: credentials.options.proxy })
  return paramsFor({ ...options, proxy, paths, credentials })
}

const BOTH_FILES = 'pass --creds-file NAME.pem and --passphrase-file NAME-passphrase.txt'

const jsonText = (value: unknown) => `${JSON.stringify(value)}\n`

function checkData({ id, title, why, remedy, thresholds = [], hard, strict }: Check) {
  return { id, title, why, remedy, thresholds, hard, strict: strict ?? false }
}

function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  return checks.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('')
}

function explainText({ id, title, why, remedy, thresholds = [], hard, strict }: Check, hasFixStep: boolean): string {
  const effect = hard ? 'A failure stops the installation' : 'A failure is a warning'
  const ignorable = !hard ? '' : strict ? '; it cannot be ignored' : `; --ignore-check ${id}=REASON makes it a warning`
  const fixable = hasFixStep ? '\nagent precheck --fix can fix it; agent uninstall undoes the fix.' : ''
  const values = thresholds.length === 0 ? '' : `${thresholds.map(thresholdText).join('')}\n`
  return withOwnPath(
    `${id}: ${title}\n\n${why}\n\n${values}Fix: ${remedy}\n\n${effect}${ignorable}.${fixable}\n`,
    ownProgram('agent'),
  )
}

function thresholdText({ of, warn, fail }: Threshold): string {
  const limits = [warn === undefined ? '' : `warning: ${warn}`, fail === undefined ? '' : `failure: ${fail}`]
  return `${of}: ${limits.filter(Boolean).join('; ')}\n`
}

function print(text: string): void {
  process.stdout.write(text)
}
