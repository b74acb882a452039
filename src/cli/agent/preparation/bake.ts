import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { GivenBundle } from '../../../agent/execute/bake/bake-bundle.ts'
import { type AgentPaths, commandOf } from '../../../agent/paths.ts'
import type { Workspace } from '../../../agent/restore/workspace.ts'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import { DEFAULT_KEY, expandHome } from '../../controller/signing-key.ts'
import { confirm } from '../../kit/confirm.ts'
import { formatOption } from '../../kit/output.ts'
import { carryOutWorkflow, terminalReporter } from '../carry-out-workflow.ts'
import { installDayZero } from '../install.ts'
import { osHintOption } from '../prechecks/os-hint-option.ts'
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

interface Options {
  seal?: boolean
  bundle?: string
  key?: string
  kubernetesVersion?: string
  root?: string
  /** Set by this program when it starts itself for --root. */
  stage?: 'namespaces' | 'tree'
  osHint?: string
  yes?: boolean
  output: Format
}

const EXAMPLES = `
Examples:
  sudo ./agent bake
  sudo ./agent bake --bundle kubernetes.tar --key builder.pub  # with Kubernetes: nodes download nothing
  sudo cantrip-agent bake --seal --yes && sudo systemctl poweroff
  sudo ./agent bake --root /srv/tree --bundle kubernetes.tar --key builder.pub --yes && sudo ./agent bake --seal --root /srv/tree --yes

Run the first or second, and the third, on a template machine, and then make an image of its disk. With --root, both work on the directory of another system, which does
not run; nothing outside of it changes, and no network is used. On a machine that is made from the image, cloud-init writes NAME.pem and NAME-passphrase.txt to
/etc/cantrip-day0 with mode 0600: the machine registers by itself, and the files are removed.
"cantrip-agent uninstall" restores such a machine to the state of the image. "cantrip-agent uninstall --baked" removes the agent too, also from the template.
`

export function registerBake(program: Command): void {
  program
    .command('bake')
    .summary('make the agent part of an image of machines')
    .description(
      'Installs the agent on a template machine, so that each machine made from its image registers itself at its first boot.',
    )
    .option('--seal', 'remove what must not be copied: machine-id, SSH host keys, leases and the like; then power off')
    .addOption(
      new Option('--bundle <path>', 'make executables and images of this bundle part of the image').conflicts('seal'),
    )
    .addOption(
      new Option('--key <file>', `public key of the bundle's builder (default: ${DEFAULT_KEY}.pub)`).conflicts('seal'),
    )
    .addOption(new Option('--kubernetes-version <version>', 'refuse a bundle of another version').conflicts('seal'))
    .option('--root <directory>', 'work on the operating system in this directory, instead of on this machine')
    .addOption(new Option('--stage <name>').hideHelp())
    .addOption(osHintOption())
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (_: Options, command: Command) => {
      const options = optionsOf<Options>(command)
      if (options.bundle === undefined && (options.key ?? options.kubernetesVersion) !== undefined) throw noBundle()
      if (options.root !== undefined && options.stage !== 'tree')
        process.exitCode = await inTree(options, resolve(options.root))
      else await (options.seal ? sealTemplate(options) : bakeTemplate(options))
    })
  program
    .command('first-boot')
    .description('register this machine with the credentials in /etc/cantrip-day0 (started by systemd)')
    .addHelpText('after', '\nExample:\n  agent first-boot\n')
    .action(async (_: object, command: Command) => firstBoot(optionsOf<object>(command)))
}

type Given = Options & GlobalOptions

function noBundle(): AgentError {
  return new AgentError('usage/no-bundle', '--key and --kubernetes-version are about a bundle, and there is none', {
    fix: 'add --bundle DIRECTORY or --bundle FILE.tar',
    kind: 'invalid',
  })
}

async function opened({ instance, osHint }: GlobalOptions & Pick<Options, 'osHint'>, what: string) {
  const paths = pathsFor(instance, osHint)
  const { linuxHostView } = await import('../../../host/linux/host-view.ts')
  requireRoot(linuxHostView(paths.layout).uid(), what)
  const { openImageWorkspace } = await import('../../../agent/restore/open-workspace.ts')
  return { paths, workspace: await openImageWorkspace(paths) }
}

/** Starts this program again, twice: in namespaces of its own, and there with the directory as its root. */
async function inTree(options: Given, root: string): Promise<number> {
  ownExecutable()
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const { enterNamespaces, enterTree, outside, requireTree } = await import('../../../agent/execute/bake/in-tree.ts')
  const machine = linuxMachine()
  requireRoot(machine.uid(), 'agent bake --root')
  await requireTree(machine, root)
  const { bundle, key } = options
  if (options.stage === 'namespaces')
    return enterTree(machine, root, bundle && key ? { bundle, key } : {}, (inTree) =>
      argvOf({ ...options, ...inTree, root, stage: 'tree' }),
    )
  const files = bundle === undefined ? {} : await outside({ bundle, key: keyFile(key) })
  return enterNamespaces(root, argvOf({ ...options, ...files, root, stage: 'namespaces' }))
}

function argvOf(options: Given): string[] {
  const { stage, root, seal, yes, output, bundle, key, kubernetesVersion, osHint, instance, verbose, color } = options
  const values = {
    stage,
    root,
    output,
    bundle,
    key,
    'kubernetes-version': kubernetesVersion,
    'os-hint': osHint,
    instance,
  }
  const flags = { seal, yes, verbose, 'no-color': color === false }
  return [
    'bake',
    ...Object.entries(flags).flatMap(([name, isSet]) => (isSet ? [`--${name}`] : [])),
    ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ]
}

const keyFile = (given: string | undefined) => given ?? expandHome(`${DEFAULT_KEY}.pub`)

async function bundleOf({ bundle, key, kubernetesVersion }: Options): Promise<GivenBundle | undefined> {
  if (bundle === undefined) return undefined
  const { readPublicKey } = await import('../../../bundle/keys.ts')
  const given = { source: bundle, key: await readPublicKey(keyFile(key)) }
  return { ...given, ...(kubernetesVersion !== undefined && { kubernetesVersion }) }
}

async function bakeTemplate({ output, verbose, yes, root, ...given }: Given): Promise<void> {
  const signal = interruption()
  const executable = ownExecutable()
  const bundle = await bundleOf({ ...given, output })
  const of = root === undefined ? 'the image of this machine' : `the system in ${root}`
  await confirm(`Make the agent${bundle ? ' and the bundle' : ''} part of ${of}?`, yes, signal)
  const { paths, workspace } = await opened(given, 'agent bake')
  try {
    const { refuseInstalled, refusePrepared } = await import('../../../agent/bake/seal.ts')
    const { bake } = await import('../../../agent/bake/workflow.ts')
    await refuseInstalled(workspace.machine, { paths, root })
    refusePrepared(workspace.ledger, { paths, root })
    const show = await terminalReporter(verbose)
    const onEvent: typeof show = (event) => (output === 'json' ? print(JSON.stringify(event)) : show(event))
    await carryOutWorkflow({ workspace, workflow: bake, params: { paths, executable }, run: 'bake', onEvent, signal })
    if (bundle) await addBundle(workspace, bundle, onEvent, signal)
  } finally {
    await workspace.ledger.close()
  }
  if (output === 'text') print(`Next: install what else the image needs, then ${sealing(paths, root)}`)
}

function sealing(paths: AgentPaths, root: string | undefined): string {
  if (root !== undefined) return `seal it: ${command`sudo ./agent bake --seal --root ${root}`}`
  return `sudo ${commandOf(paths)} bake --seal, and power off.`
}

async function addBundle(
  workspace: Workspace,
  bundle: GivenBundle,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { bakeBundle, bakeBundleParams } = await import('../../../agent/execute/bake/bake-bundle.ts')
  const params = bakeBundleParams(bundle)
  await carryOutWorkflow({ workspace, workflow: bakeBundle, params, run: 'bake-bundle', onEvent, signal })
}

async function sealTemplate({ output, yes, root, ...given }: Given): Promise<void> {
  const signal = interruption()
  const { paths, workspace } = await opened(given, 'agent bake --seal')
  try {
    const { requireTemplate, seal, sealedText, toSeal } = await import('../../../agent/bake/seal.ts')
    await requireTemplate(workspace, { paths, root })
    const question = 'Remove the identity of this machine? It has to be powered off then.'
    await confirm(root === undefined ? question : `Remove the identity in ${root}?`, yes, signal)
    const all = await toSeal(workspace.machine, paths)
    await seal(workspace.machine, all)
    if (output === 'json') print(JSON.stringify({ sealed: all.map(({ path }) => path) }))
    else
      print(`${sealedText(all)}Next: ${root !== undefined ? '' : 'sudo systemctl poweroff, and '}make an image of it.`)
  } finally {
    await workspace.ledger.close()
  }
}

async function firstBoot(given: GlobalOptions): Promise<void> {
  const { instance, verbose } = given
  const { eraseDayZero, findDayZero, nameForUnnamed } = await import('../../../agent/bake/day-zero.ts')
  const { readMachineIds } = await import('../../../agent/identity/machine.ts')
  const { linuxHostView } = await import('../../../host/linux/host-view.ts')
  const paths = pathsFor(instance)
  const view = linuxHostView(paths.layout)
  requireRoot(view.uid(), 'the first boot')
  const files = await findDayZero(view, paths)
  const hostname = nameForUnnamed(view.hostname(), readMachineIds().machineId)
  await installDayZero({ ...given, ...files, ...(hostname !== undefined && { hostname }) })
  const { openWorkspace } = await import('../../../agent/restore/open-workspace.ts')
  const workspace = await openWorkspace(paths)
  try {
    const onEvent = await terminalReporter(verbose)
    const signal = interruption()
    await carryOutWorkflow({ workspace, workflow: eraseDayZero, params: files, run: 'first-boot', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
