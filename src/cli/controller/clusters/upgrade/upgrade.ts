import { type Command, Option } from 'commander'
import { AgentError } from '../../../../base/agent-error.ts'
import { printable } from '../../../../base/text/printable.ts'
import type { UpgradePlan } from '../../../../protocol/api/clusters/upgrades.ts'
import { clusterRoutes } from '../../../../protocol/api/clusters.ts'
import { DEFAULT_DRAIN_SECONDS } from '../../../../protocol/api/nodes/scheduling.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../../../protocol/api/updates/max-unavailable.ts'
import { OnBlocked } from '../../../../protocol/wire/operation.ts'
import { confirm } from '../../../kit/confirm.ts'
import { durationOf } from '../../../kit/duration.ts'
import { ExitCode } from '../../../kit/exit-codes.ts'
import { type Column, examples, type Format, formatOption, structured, table } from '../../../kit/output.ts'
import type { AdminClient } from '../../session/client.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { isPrevented, upgradeText } from './text.ts'

interface Flags {
  admin?: string
  output: Format
  to?: string
  dryRun?: boolean
  pause?: boolean
  resume?: boolean
  cancel?: boolean
  maxUnavailable: string
  groupBy?: string
  /** Seconds. */
  drainTimeout: number
  onBlocked: (typeof OnBlocked.options)[number]
  yes?: boolean
}

const NODES: Column<UpgradePlan['nodes'][number]>[] = [
  { title: 'NODE', of: ({ name }) => name },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'NOW', of: ({ version }) => version },
  {
    title: 'WHEN',
    of: ({ wave, group }) => (wave === 0 ? 'masters, one by one' : `wave ${wave}${group === null ? '' : `, ${group}`}`),
  },
  { title: 'DRAINED', of: ({ isDrained }) => (isDrained ? 'yes' : 'no') },
]

/** `controller cluster upgrade`. */
export function registerUpgrade(cluster: Command): void {
  withAdmin(cluster.command('upgrade'))
    .description('upgrade Kubernetes on all nodes, a minor version at a time')
    .argument(...CLUSTER)
    .option('--to <version>', 'the version, for example v1.37.2')
    .addOption(alone('dryRun', '--dry-run', 'print what it would do, and what prevents it'))
    .addOption(alone('pause', '--pause', 'start no further node'))
    .addOption(alone('resume', '--resume', 'continue an upgrade that was paused or has failed'))
    .addOption(alone('cancel', '--cancel', 'end it where it is; uncordons nodes, and reverts nothing'))
    .option(
      '--max-unavailable <count>',
      'how many workers at a time: a number or a percentage',
      DEFAULT_MAX_UNAVAILABLE,
    )
    .option('--group-by <label>', 'upgrade workers in groups, by the value of this label')
    .addOption(
      new Option('--drain-timeout <duration>', 'how long a node may take to drain')
        .argParser(durationOf)
        .default(DEFAULT_DRAIN_SECONDS, `${DEFAULT_DRAIN_SECONDS / 60}m`),
    )
    .addOption(
      new Option(
        '--on-blocked <what>',
        'pods that cannot move in that time: wait: stop the upgrade; skip: leave them on the node; force: delete them',
      )
        .choices(OnBlocked.options)
        .default('wait'),
    )
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster upgrade factory --to v1.37.2 --dry-run',
        'controller cluster upgrade factory --to v1.37.2 --max-unavailable 20%',
        'controller cluster upgrade factory --to v1.37.2 --group-by topology.kubernetes.io/zone',
        'controller cluster upgrade factory --resume',
      ),
    )
    .addHelpText('after', '\nExit code 3 if --dry-run finds something that prevents the upgrade.')
    .action((name: string, flags: Flags) => withClient(flags, (client) => upgrade(client, name, flags)))
}

const ALONE = ['dryRun', 'pause', 'resume', 'cancel'] as const

/** One of the options that exclude each other. */
const alone = (own: (typeof ALONE)[number], flag: string, description: string): Option =>
  new Option(flag, description).conflicts(ALONE.filter((each) => each !== own))

async function upgrade(client: AdminClient, query: string, flags: Flags): Promise<void> {
  const { name } = await findCluster(client, query)
  const params = { name }
  const shown = async (answer: Parameters<typeof upgradeText>[0]) =>
    print(isStructured(flags) ? await structured(flags.output, answer) : `${upgradeText(answer)}\n`)
  if (flags.pause) return shown(await client.ask(clusterRoutes.pauseUpgrade, { params }))
  if (flags.resume) return shown(await client.ask(clusterRoutes.resumeUpgrade, { params }))
  if (flags.cancel) return shown(await client.ask(clusterRoutes.cancelUpgrade, { params }))
  const { to } = flags
  if (to === undefined) {
    throw new AgentError('cli/usage', 'the version is missing', {
      fix: 'pass --to VERSION; or --pause, --resume or --cancel',
      kind: 'invalid',
    })
  }
  const { maxUnavailable, drainTimeout: drainSeconds, onBlocked, groupBy } = flags
  const how = { to, maxUnavailable, ...(groupBy !== undefined && { groupBy }) }
  if (flags.dryRun) {
    const plan = await client.ask(clusterRoutes.planUpgrade, { params, query: how })
    print(isStructured(flags) ? await structured(flags.output, plan) : planText(plan))
    if (isPrevented(plan)) process.exitCode = ExitCode.checkFailed
    return
  }
  await confirm(`Upgrade cluster ${name} to ${to}?`, flags.yes)
  await shown(await client.ask(clusterRoutes.startUpgrade, { params, body: { ...how, drainSeconds, onBlocked } }))
  if (!isStructured(flags)) print(`Follow it: controller cluster watch ${name}\n`)
}

const isStructured = (flags: Flags): flags is Flags & { output: 'json' | 'yaml' } =>
  flags.output === 'json' || flags.output === 'yaml'

function planText({ from, rounds, nodes, problems, findings }: UpgradePlan): string {
  const found = [...problems, ...(findings ?? [])]
  const lines = found.map(({ message, fix }) => `[!] ${printable(message)}\n    fix: ${printable(fix)}\n`)
  const unknown = findings === null && rounds.length > 0 ? 'No master answered what the upgrade would break.\n' : ''
  const more = `${unknown}${lines.join('')}`
  const way = rounds.length > 0 ? rounds.join(', then ') : 'no bundles'
  return `From ${from}: ${way}\n\n${table(nodes, NODES)}${more === '' ? '' : `\n${more}`}`
}
