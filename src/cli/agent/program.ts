import { Command, CommanderError } from 'commander'
import { registerCompletion } from '../kit/completion/completion.ts'
import { ExitCode } from '../kit/exit-codes.ts'
import { versionText } from '../kit/version-text.ts'
import { registerInstall } from './install.ts'
import { registerLogs } from './logs.ts'
import { registerPlan } from './plan.ts'
import { registerPrecheck } from './prechecks/precheck.ts'
import { registerBake } from './preparation/bake.ts'
import { registerPrepare } from './preparation/prepare.ts'
import { registerReset } from './restore/reset.ts'
import { registerUninstall } from './restore/uninstall.ts'
import { registerOperator } from './service/operator.ts'
import { registerStatus } from './status.ts'
import { registerSupportBundle } from './support-bundle.ts'

/** The names of the downloaded and the installed executable. */
const NAMES = ['agent', 'cantrip-agent']

async function checkIds(): Promise<string[]> {
  const { checks } = await import('../../checks/catalog.generated.ts')
  return checks.map(({ id }) => id)
}

export function createProgram(): Command {
  const program = new Command('agent')
    .description('Makes this machine a node of an upstream Kubernetes cluster, and restores it on uninstall.')
    .version(versionText('agent'), '--version', 'print version, commit and build date')
    .option('-m, --instance <name>', 'name of a second installation on the same machine')
    .option('-v, --verbose', 'print more details')
    .option('--no-color', 'print without colors')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(agent --help lists the commands, agent COMMAND --help their options)')
  const install = registerInstall(program)
  registerPrecheck(program)
  registerPlan(program)
  registerStatus(program)
  registerLogs(program)
  registerReset(program)
  registerUninstall(program)
  registerBake(program)
  registerPrepare(program)
  registerSupportBundle(program)
  registerOperator(program)
  registerCompletion(program, { called: NAMES, bare: install.options, names: { check: checkIds } })
  program
    .command('run')
    .description('run the service (started by systemd)')
    .addHelpText('after', '\nExample:\n  agent run\n')
    .action(() => undefined)
  return program
}

/** Runs a command and returns the exit code. AgentErrors are thrown to the caller. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(withVerb(argv), { from: 'user' })
    return Number(process.exitCode ?? ExitCode.ok)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    throw error
  }
}

/** `agent --uninstall` and `agent -d` are `agent uninstall`. */
export function withVerb(argv: readonly string[]): string[] {
  const isBare = argv[0]?.startsWith('-') ?? true
  if (!isBare || !argv.some((word) => word === '--uninstall' || word === '-d')) return [...argv]
  return ['uninstall', ...argv.filter((word) => word !== '--uninstall' && word !== '-d')]
}
