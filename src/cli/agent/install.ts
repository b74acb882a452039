import type { Command } from 'commander'
import type { AgentConfig } from '../../agent/config.ts'
import type { Credentials } from '../../agent/identity/credentials.ts'
import type { AgentPaths } from '../../agent/paths.ts'
import type { Workspace } from '../../agent/restore/workspace.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { Secret } from '../../base/text/secret.ts'
import type { CheckResult } from '../../engine/checks/run-checks.ts'
import type { EngineEvent } from '../../engine/event.ts'
import type { HostView } from '../../host/host.ts'
import { collect } from '../kit/collect.ts'
import { formatOption, oneOf } from '../kit/output.ts'
import { STEADY_CLOCK } from '../kit/steady-clock.ts'
import { carryOutWorkflow, terminalReporter } from './carry-out-workflow.ts'
import { checkFirst, warningsOf } from './prechecks/check-first.ts'
import { osHintOption } from './prechecks/os-hint-option.ts'
import { PRECHECK_FORMATS, type PrecheckFormat, precheckFormat } from './prechecks/precheck-format.ts'
import { type Prechecked, paramsFor } from './prechecks/run-prechecks.ts'
import { roleOption } from './role-option.ts'
import {
  FORMATS,
  type Format,
  type GlobalOptions,
  interruption,
  optionsOf,
  ownExecutable,
  pathsFor,
  requireRoot,
} from './surroundings.ts'

interface Options {
  credsFile?: string
  passphraseFile?: string
  clusterName?: string
  hostname?: string
  label?: string[]
  checkOnly?: boolean
  role?: string[]
  ignoreCheck: string[]
  /** How many times as long checks may take. */
  timeoutFactor?: number
  proxy?: string
  proxyPasswordFile?: string
  tlsTerminatingProxy?: boolean
  registryLogin?: string[]
  osHint?: string
  wait: boolean
  yes?: boolean
  output: PrecheckFormat
}

const EXAMPLES = `
Examples:
  sudo ./agent --creds-file prod.pem --passphrase-file prod-passphrase.txt
  sudo ./agent --creds-file prod.pem --passphrase-file prod-passphrase.txt -t
  sudo ./agent --creds-file prod.pem --passphrase-file prod-passphrase.txt --hostname node-7 --cluster-name prod
  sudo ./agent --uninstall

After an interruption, run the same command again: it continues where it stopped.
`

/** The default command: its options work without its name. */
export function registerInstall(program: Command): Command {
  return program
    .command('install', { isDefault: true })
    .summary('make this machine a node of a cluster (the default)')
    .description('Checks this machine, installs the agent as a service, and registers it with the controller.')
    .option('--creds-file <file>', 'credentials file NAME.pem, written by the controller')
    .option('--passphrase-file <file>', 'passphrase file NAME-passphrase.txt, written by the controller')
    .option('--cluster-name <name>', 'refuse credentials of another cluster')
    .option('--hostname <name>', 'set the hostname of this machine first')
    .option('--label <key[=value]>', 'label of this node, for the rules of its cluster; repeatable', collect)
    .option('-t, --check-only', 'run the prechecks only, install nothing')
    .addOption(roleOption())
    .option('--ignore-check <check[=reason]>', 'treat a failed precheck as a warning; repeatable', collect, [])
    .option('--proxy <url>', 'HTTP proxy for the connection to the controller: http://[user@]host:port, or none')
    .option('--proxy-password-file <file>', 'file with the password of the proxy')
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
    .option(
      '--registry-login <host=file>',
      'file with USER:PASSWORD for a mirror, a registry, or the proxy of containerd; repeatable',
      collect,
    )
    .addOption(osHintOption())
    .option('--no-wait', 'do not wait for the controller to register this node')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('-d, --uninstall', 'same as "agent uninstall"')
    .addOption(formatOption(PRECHECK_FORMATS, 'how to print; junit with -t alone'))
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments()
    .action(async (_: Options, command: Command) => {
      const [word] = command.args
      if (word !== undefined) throw noSuchCommand(word, program)
      await act(optionsOf<Options>(command))
    })
}

/**
 * A machine that starts is busy with that, often beside others of its image on one hypervisor, and nobody waits at it. A check that is
 * given up is only begun again 30 s later.
 */
const TIMEOUT_FACTOR_AT_BOOT = 6

/** Installs the agent with credentials that a machine got at its first boot. */
export function installDayZero(
  options: Required<Pick<Options, 'credsFile' | 'passphraseFile'>> & Pick<Options, 'hostname'> & GlobalOptions,
): Promise<void> {
  return act({ ...options, ignoreCheck: [], timeoutFactor: TIMEOUT_FACTOR_AT_BOOT, wait: true, output: 'text' })
}

async function act(options: Options & GlobalOptions): Promise<void> {
  const onResult = await checkReporter(options)
  const { credsFile, passphraseFile } = options
  if (credsFile === undefined || passphraseFile === undefined) throw noCredentials()
  const paths = pathsFor(options.instance, options.osHint)
  const signal = interruption()
  const { linuxHostView } = await import('../../host/linux/host-view.ts')
  const view = linuxHostView(paths.layout)
  const { readCredentials } = await import('../../agent/identity/credentials.ts')
  const { configFor, refuseOther } = await import('../../agent/install/prepare.ts')
  const { readConfigIfValid } = await import('../../agent/config.ts')
  const credentials = await readCredentials(credsFile, passphraseFile, view)
  const { proxyOf } = await import('../../agent/install/proxy.ts')
  const { options: carried } = credentials
  const proxy = await proxyOf(options, { view, carried: carried.proxy })
  const { registryLoginsOf } = await import('../../agent/install/registry-logins.ts')
  const registryLogins = {
    ...carried.registryLogins,
    ...(await registryLoginsOf(options.registryLogin ?? [], view)),
  }
  const config = configFor(credentials, { ...options, proxy }, view.hostname())
  if (view.uid() === 0) refuseOther(readConfigIfValid(paths), config)

  const params = paramsFor({ ...options, proxy, paths, credentials })
  const results = await checkFirst({
    view,
    params,
    ignoreCheck: options.ignoreCheck,
    timeoutFactor: options.timeoutFactor,
    onResult,
    signal,
  })
  if (options.checkOnly) return
  requireRoot(view.uid(), 'an installation')
  const format = oneOf(FORMATS, options.output)
  await change({ ...options, paths, credentials, config, registryLogins, results, format, signal })
  if (!options.wait) return
  await registered(paths, view, format, signal)
}

/** With --check-only, the output is that of `agent precheck`. */
async function checkReporter({
  checkOnly,
  output,
  color,
}: Options & GlobalOptions): Promise<(seen: Prechecked) => void> {
  if (checkOnly) {
    const format = await precheckFormat(output, color)
    return (seen) => void process.stdout.write(format(seen))
  }
  if (oneOf(FORMATS, output) === 'json')
    return ({ results: checks, hardFailures }) => print(JSON.stringify({ kind: 'prechecks', checks, hardFailures }))
  const { precheckBrief } = await import('../../report/prechecks/precheck-brief.ts')
  return ({ results }) => void process.stdout.write(precheckBrief(results))
}

interface ChangeInput {
  paths: AgentPaths
  credentials: Credentials
  config: AgentConfig
  registryLogins: Readonly<Record<string, Secret>>
  results: readonly CheckResult[]
  hostname?: string
  format: Format
  verbose?: boolean
  signal: AbortSignal
}

async function change({
  paths,
  credentials,
  config,
  registryLogins,
  results,
  hostname,
  format,
  verbose,
  signal,
}: ChangeInput): Promise<void> {
  const { openWorkspace } = await import('../../agent/restore/open-workspace.ts')
  const { install } = await import('../../agent/install/workflow.ts')
  const params = {
    ...{ paths, executable: ownExecutable(), credentials, registryLogins },
    config: { ...config, warnings: warningsOf(results) },
    ...(hostname === undefined ? {} : { hostname }),
  }
  const show = await terminalReporter(verbose)
  const onEvent = (event: EngineEvent) => (format === 'json' ? print(JSON.stringify(event)) : show(event))
  const workspace = await openWorkspace(paths)
  try {
    await becomeAnother(paths)
    await noteIgnored(workspace, results)
    await carryOutWorkflow({ workspace, workflow: install, params, run: 'install', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
  const { retryNow } = await import('../../agent/install/retry-now.ts')
  await retryNow(paths, workspace.machine)
}

/** On a copy of a node: the original keeps its identity. */
async function becomeAnother(paths: AgentPaths): Promise<void> {
  const { forgetOriginal } = await import('../../agent/identity/born.ts')
  const { readMachineIds } = await import('../../agent/identity/machine.ts')
  if (forgetOriginal(paths, readMachineIds()))
    process.stderr.write(
      'this machine is a copy of a node: it forgot the identity of the original, and becomes another node\n',
    )
}

/** Records ignored checks in the ledger, so that support can see them later. */
async function noteIgnored({ ledger, machine }: Workspace, results: readonly CheckResult[]): Promise<void> {
  for (const { id: check, found, ignored: reason } of results) {
    if (reason === undefined) continue
    await ledger.append({ kind: 'check-ignored', check, found, reason, at: machine.now().toISOString() })
  }
}

const REGISTERED_WITHIN_MS = 60_000

async function registered(paths: AgentPaths, view: HostView, format: Format, signal: AbortSignal): Promise<void> {
  const { awaitRegistration } = await import('../../agent/identity/await-registration.ts')
  const { registeredText } = await import('../../agent/install/prepare.ts')
  const { throwFailure } = await import('../../host/units/wait-until.ts')
  const { watchUnit } = await import('../../host/units/watch-unit.ts')
  const watches = [watchUnit(paths.unit)]
  const status = await awaitRegistration({
    statusFile: paths.statusFile,
    clock: STEADY_CLOCK,
    timeoutMs: REGISTERED_WITHIN_MS,
    signal,
    stillRuns: () => throwFailure(view, watches),
  })
  if (format === 'text') return print(registeredText(status))
  const { nodeId, fingerprint, state } = status
  print(JSON.stringify({ kind: 'registered', nodeId, fingerprint, state }))
}

/** `install` is the default command, so unknown words end up here. */
function noSuchCommand(word: string, program: Command): AgentError {
  const names = program.commands.map((command) => command.name())
  return new AgentError('usage/unknown-command', `unknown command "${word}"`, {
    fix: `use one of: ${names.join(', ')}; see agent --help`,
    kind: 'invalid',
  })
}

function noCredentials(): AgentError {
  return new AgentError('usage/no-credentials', 'no credentials: pass --creds-file and --passphrase-file', {
    fix: 'sudo ./agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt (controller cluster create writes both files)',
    kind: 'invalid',
  })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
