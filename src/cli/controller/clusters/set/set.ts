import type { Command } from 'commander'
import { printable } from '../../../../base/text/printable.ts'
import type { SettingsPlan } from '../../../../protocol/api/clusters/settings.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../../../protocol/api/updates/max-unavailable.ts'
import { confirm } from '../../../kit/confirm.ts'
import { ExitCode } from '../../../kit/exit-codes.ts'
import { type Column, examples, formatOption, type PlainFormat, structured, table } from '../../../kit/output.ts'
import type { AdminClient } from '../../session/client.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'

interface Flags {
  admin?: string
  output: PlainFormat
  maxUnavailable: string
  dryRun?: boolean
  yes?: boolean
}

const NODES: Column<SettingsPlan['nodes'][number]>[] = [
  { title: 'NODE', of: ({ name }) => name },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'WHEN', of: ({ wave }) => (wave === 0 ? 'masters, one by one' : `wave ${wave}`) },
  { title: 'RESTARTS', of: ({ restarts }) => restarts.join(', ') || 'nothing' },
]

/** How settings are written as arguments, of `cluster set` and `cluster plan`. */
export const CHANGES = [
  '[settings...]',
  'KEY=VALUE, KEY.NAME=VALUE for an entry of a mapping, or KEY- to remove it',
] as const

/** `controller cluster set`. */
export function registerSet(cluster: Command): void {
  withAdmin(cluster.command('set'))
    .description('change settings, also of a running cluster: masters one by one, then workers in waves')
    .argument(...CLUSTER)
    .argument(...CHANGES)
    .option('--dry-run', 'print what would restart, and what prevents the change')
    .option(
      '--max-unavailable <count>',
      'how many workers at a time: a number or a percentage',
      DEFAULT_MAX_UNAVAILABLE,
    )
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster set factory httpsProxy=http://proxy.example.org:3128',
        'controller cluster set factory registryMirrors.docker.io=https://mirror.example.org',
        'controller cluster set factory overrides.kubelet=@kubelet.yaml --max-unavailable 20%',
        'controller cluster set factory certSANs=api.example.org,192.0.2.10 labels.rack- --dry-run',
      ),
    )
    .addHelpText(
      'after',
      '\nNo node is drained, and containers keep running. If a node fails, the change stops; then: controller cluster upgrade NAME --resume, or --cancel.\nExit code 3 if --dry-run finds something that prevents the change.',
    )
    .action((name: string, given: string[], flags: Flags) =>
      withClient(flags, (client) => set(client, name, given, flags)),
    )
}

async function set(client: AdminClient, query: string, given: readonly string[], flags: Flags): Promise<void> {
  if (flags.dryRun) return planSettings(client, query, given, flags)
  const { name } = await findCluster(client, query)
  const plan = await ask(client, name, given, flags, true)
  if (plan.problems.length === 0 && flags.output === 'text') print(planText(plan))
  if (plan.nodes.length > 0 || plan.addOns) await confirm(`Change cluster ${name}?`, flags.yes)
  // Throws the first problem.
  const done = await ask(client, name, given, flags, false)
  if (flags.output !== 'text') return print(await structured(flags.output, done))
  const isUnderWay = done.nodes.length > 0 || done.addOns
  print(isUnderWay ? `Follow it: controller cluster watch ${name}\n` : '')
}

/** Prints what a change of settings would do. */
export async function planSettings(
  client: AdminClient,
  query: string,
  given: readonly string[],
  flags: Pick<Flags, 'output' | 'maxUnavailable'>,
): Promise<void> {
  const { name } = await findCluster(client, query)
  const plan = await ask(client, name, given, flags, true)
  print(flags.output === 'text' ? planText(plan) : await structured(flags.output, plan))
  if (plan.problems.length > 0) process.exitCode = ExitCode.checkFailed
}

async function ask(
  client: AdminClient,
  name: string,
  given: readonly string[],
  { maxUnavailable }: Pick<Flags, 'maxUnavailable'>,
  dryRun: boolean,
): Promise<SettingsPlan> {
  const [{ patchOf }, { readText }, { checkOverrides }, { settingsRoutes }] = await Promise.all([
    import('./patch.ts'),
    import('../settings.ts'),
    import('../../../../provision/kubeadm/overrides.ts'),
    import('../../../../protocol/api/clusters/settings.ts'),
  ])
  const settings = await patchOf(given, readText)
  await checkOverrides(settings.overrides)
  const query = { dryRun: dryRun ? ('1' as const) : undefined }
  return client.ask(settingsRoutes.changeSettings, { params: { name }, query, body: { settings, maxUnavailable } })
}

export function planText({ changes, nodes, addOns, problems }: SettingsPlan): string {
  const found = problems.map(({ message, fix }) => `[!] ${printable(message)}\n    fix: ${printable(fix)}\n`)
  if (changes.length === 0 && nodes.length === 0) return `No changes.\n${found.join('')}`
  const what = changes.map(({ name, class: how }) => `  ${name} (${how})\n`).join('')
  const where = nodes.length > 0 ? `\n${table(nodes, NODES)}` : ''
  const then = addOns ? '\nThen the add-ons, from one master.\n' : ''
  const none = nodes.length === 0 && !addOns ? '\nNothing changes on nodes.\n' : ''
  return `Changes:\n${what}${where}${then}${none}${found.join('')}`
}
