import { isSea } from 'node:sea'
import { Command, Option } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import type { Machine } from '../../../host/machine.ts'
import { carryOutWorkflow, terminalReporter } from '../../agent/carry-out-workflow.ts'
import { planData, planText } from '../../agent/plan-text.ts'
import { interruption, requireRoot } from '../../agent/surroundings.ts'
import { examples, formatOption } from '../../kit/output.ts'
import { withServeOptions } from '../serve.ts'
import { print } from '../session/session.ts'
import { refuseForeignData } from './foreign-data.ts'
import { INSTALLATION, PACKAGED_UNIT } from './installation.ts'
import { refuseTakenPort } from './listen-port.ts'
import { mergeSettings, type Options, parseSettings, type ServiceSettings } from './settings.ts'

/** The own options of the command; all others are those of `controller serve`. */
interface Flags {
  dryRun?: boolean
  output: 'text' | 'json'
  databasePasswordFile?: string
}

/** `controller install`: makes the controller a service of this machine, or updates it. */
export function registerInstall(program: Command): void {
  const install = program
    .command('install')
    .summary('install the controller as a service of this machine, or update it')
    .description(
      'Installs this executable as the service cantrip-controller, and starts it. Run it again with a newer executable to update the service, or with other options to change them; options that are not given stay as they are.',
    )
  for (const option of withServeOptions(new Command()).options) install.addOption(asText(option))
  install
    .addOption(asText(new Option('--database-password-file <file>', 'file with the password of the database')))
    .option('--dry-run', 'list the changes, and make none')
    .addOption(formatOption(['text', 'json']))
    .addHelpText(
      'after',
      examples(
        'sudo ./controller install',
        'sudo ./controller install --public-url https://controller.example:8443 --metrics-listen 127.0.0.1:9464',
        'sudo ./controller install --key-file /etc/cantrip-controller.key --dry-run',
      ),
    )
    .action(async (flags: Flags, self: Command) => act(flags, givenIn(self)))
}

/** The same option, validated in the same way, but its value is the list of the texts that were given. */
function asText({ flags, description, defaultValue, defaultValueDescription, parseArg, argChoices }: Option): Option {
  const shown = defaultValueDescription ?? defaultValue
  const option = new Option(flags, shown === undefined ? description : `${description} (default: ${shown})`)
  if (argChoices) option.choices(argChoices)
  const check = option.parseArg ?? parseArg
  return option.argParser((text: string, before: string[] | undefined) => {
    check?.(text, undefined as never)
    return [...(before ?? []), text]
  })
}

/** What is not kept for the service. */
const OWN = ['--dry-run', '--output']

function givenIn(self: Command): Options {
  const entries = self.options.flatMap((option): [string, string[]][] => {
    const value: unknown = self.getOptionValue(option.attributeName())
    const isOfService = !OWN.includes(option.long ?? '') && self.getOptionValueSource(option.attributeName()) === 'cli'
    return isOfService && option.long ? [[option.long, Array.isArray(value) ? value : ['']]] : []
  })
  return Object.fromEntries(entries)
}

async function act({ dryRun = false, output }: Flags, given: Options): Promise<void> {
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const machine = linuxMachine()
  requireRoot(machine.uid(), 'an installation')
  await refuseUnfit(machine)
  const settings = mergeSettings(
    parseSettings(await machine.read(INSTALLATION.configFile), INSTALLATION.configFile),
    given,
    process.cwd(),
  )
  await refuseForeignData(machine, settings)
  await refuseTakenPort(machine, settings)
  const signal = interruption()
  if (dryRun) return plan(machine, settings, signal, output)
  await carryOut(settings, signal, output)
  if (output === 'json') return print(`${JSON.stringify({ unit: INSTALLATION.unit, settings })}\n`)
  const status = command`systemctl status ${INSTALLATION.unit}`
  print(`[+] Controller is running: ${status}\n    Its log: ${command`journalctl -u ${INSTALLATION.unit} -f`}\n`)
}

async function refuseUnfit(machine: Machine): Promise<void> {
  if ((await machine.stat('/run/systemd/system')) === undefined) {
    throw new AgentError('install/no-systemd', 'systemd does not run on this machine; wanted systemd 247 or later', {
      fix: 'run the controller in the foreground, under the service manager of this machine: controller serve',
      kind: 'invalid',
    })
  }
  if ((await machine.stat(PACKAGED_UNIT)) === undefined) return
  throw new AgentError('install/packaged', `the Debian package has installed the service: found ${PACKAGED_UNIT}`, {
    fix: 'change its options in /etc/default/cantrip-controller, or remove the package: apt-get remove cantrip-controller',
    kind: 'refused',
  })
}

async function plan(
  machine: Machine,
  settings: ServiceSettings,
  signal: AbortSignal,
  output: Flags['output'],
): Promise<void> {
  const [{ planningHost }, { planWorkflow }, { backupsOf }, { installService }] = await Promise.all([
    import('../../../host/planning.ts'),
    import('../../../engine/plan-workflow.ts'),
    import('../../../agent/restore/open-workspace.ts'),
    import('./install-workflow.ts'),
  ])
  const planning = planningHost(machine, backupsOf(INSTALLATION))
  const steps = await planWorkflow(installService, { executable: ownExecutable(), settings }, planning, signal)
  const text = planText(steps) || 'No changes: the service is installed with these options.\n'
  print(output === 'json' ? `${JSON.stringify(planData(steps))}\n` : text)
}

async function carryOut(settings: ServiceSettings, signal: AbortSignal, output: Flags['output']): Promise<void> {
  const [{ openWorkspace }, { installService }] = await Promise.all([
    import('../../../agent/restore/open-workspace.ts'),
    import('./install-workflow.ts'),
  ])
  const params = { executable: ownExecutable(), settings }
  const show: (event: EngineEvent) => void = output === 'json' ? () => undefined : await terminalReporter()
  const workspace = await openWorkspace(INSTALLATION)
  try {
    await carryOutWorkflow({
      ...{ workspace, workflow: installService, params, signal },
      ...{ run: 'install', onEvent: show },
    })
  } finally {
    await workspace.ledger.close()
  }
}

/** The file that runs now; its path could be replaced meanwhile. */
function ownExecutable(): string {
  if (isSea()) return '/proc/self/exe'
  throw new AgentError('install/from-source', 'the controller runs from source, so there is no executable to install', {
    fix: 'scripts/build --target controller-linux-x64, then install dist/controller-linux-x64',
    kind: 'invalid',
  })
}
