import type { Command } from 'commander'
import type { Offered } from '../../../agent/execute/prepare/prepare.ts'
import type { AgentPaths } from '../../../agent/paths.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import { collect } from '../../kit/collect.ts'
import { formatOption } from '../../kit/output.ts'
import { carryOutWorkflow, terminalReporter } from '../carry-out-workflow.ts'
import { checkFirst } from '../prechecks/check-first.ts'
import { paramsFor } from '../prechecks/run-prechecks.ts'
import { roleOption } from '../role-option.ts'
import {
  FORMATS,
  type Format,
  type GlobalOptions,
  interruption,
  optionsOf,
  ownExecutable,
  pathsFor,
  requireRoot,
} from '../surroundings.ts'

interface Options extends GlobalOptions {
  credsFile: string
  passphraseFile: string
  bundleRef: string[]
  role?: string[]
  proxy?: string
  proxyPasswordFile?: string
  tlsTerminatingProxy?: boolean
  output: Format
}

/** `agent prepare`. */
export function registerPrepare(program: Command): void {
  program
    .command('prepare')
    .summary('install what nodes download, without a registration (started by controller push)')
    .description(
      'Checks this machine, and installs the agent, and executables and images of a bundle of the controller. Starts nothing; the machine does not become a node.',
    )
    .requiredOption('--creds-file <file>', 'credentials file NAME.pem, written by the controller')
    .requiredOption('--passphrase-file <file>', 'passphrase file NAME-passphrase.txt, written by the controller')
    .requiredOption(
      '--bundle-ref <text>',
      'ARCH:NAME:SHA256:KEY of the bundle for an architecture; repeatable',
      collect,
    )
    .addOption(roleOption())
    .option('--proxy <url>', 'HTTP proxy for the connection to the controller: http://[user@]host:port, or none')
    .option('--proxy-password-file <file>', 'file with the password of the proxy')
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (_: object, command: Command) => act(optionsOf<Options>(command)))
}

const EXAMPLES = `
Example:
  controller push factory --inventory hosts.ini --prepare-only  # runs this command on each host

"agent uninstall" restores the machine.
`

async function act(options: Options): Promise<void> {
  const { credsFile, passphraseFile, output, verbose } = options
  const signal = interruption()
  const paths = pathsFor(options.instance)
  const { linuxHostView } = await import('../../../host/linux/host-view.ts')
  const view = linuxHostView(paths.layout)
  requireRoot(view.uid(), 'a preparation')
  const executable = ownExecutable()
  const { readCredentials } = await import('../../../agent/identity/credentials.ts')
  const { proxyOf } = await import('../../../agent/install/proxy.ts')
  const { bundleFor } = await import('../../../agent/execute/prepare/prepare.ts')
  const credentials = await readCredentials(credsFile, passphraseFile, view)
  const proxy = await proxyOf(options, { view, carried: credentials.options.proxy })
  const ref = bundleFor(view.arch(), options.bundleRef)
  const isJson = output === 'json'
  const { precheckBrief } = await import('../../../report/prechecks/precheck-brief.ts')
  await checkFirst({
    ...{ view, signal, ignoreCheck: [], params: paramsFor({ ...options, proxy, paths, credentials }) },
    onResult: ({ results: checks, hardFailures }) =>
      isJson ? print({ kind: 'prechecks', checks, hardFailures }) : void process.stdout.write(precheckBrief(checks)),
  })
  const show = await terminalReporter(verbose)
  const onEvent = (event: EngineEvent) => (isJson ? print(event) : show(event))
  await change(paths, executable, { ref, credentials, proxy }, onEvent, signal)
  if (isJson) print({ kind: 'prepared', bundle: ref.name })
  else process.stdout.write(`[+] This machine has the executables and images of ${ref.name}\n`)
}

async function change(
  paths: AgentPaths,
  executable: string,
  offered: Offered,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { openPreparedWorkspace } = await import('../../../agent/restore/open-workspace.ts')
  const { prepare, prepareParams, refuseOthers } = await import('../../../agent/execute/prepare/prepare.ts')
  const workspace = await openPreparedWorkspace(paths)
  try {
    await refuseOthers(workspace, paths)
    const params = prepareParams(paths, executable, offered)
    await carryOutWorkflow({ workspace, workflow: prepare, params, run: 'prepare', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
