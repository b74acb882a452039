import type { Command } from 'commander'
import { printable } from '../../../base/text/printable.ts'
import { type ClusterView, clusterRoutes, type PlannedNode } from '../../../protocol/api/clusters.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../../protocol/api/updates/max-unavailable.ts'
import { confirm } from '../../kit/confirm.ts'
import { durationOf } from '../../kit/duration.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  type PlainFormat,
  render,
  structured,
  table,
  tableOption,
} from '../../kit/output.ts'
import type { AdminClient } from '../session/client.ts'
import { everyItem } from '../session/every-item.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { registerAccess } from './access/access.ts'
import { registerBackup } from './backups/backup.ts'
import { registerRestore } from './backups/restore.ts'
import { registerCreate } from './cluster-create.ts'
import { registerFollow, watchOptions } from './cluster-follow.ts'
import { registerPrecheck } from './cluster-precheck.ts'
import { clusterText } from './cluster-text.ts'
import { CLUSTER, findCluster } from './find-cluster.ts'
import { registerImages } from './images/images.ts'
import { registerJoinCommand } from './join/join-command.ts'
import { problemCell } from './problem-text.ts'
import { CHANGES, planSettings, registerSet } from './set/set.ts'
import { registerUpgrade } from './upgrade/upgrade.ts'
import { registerUserData } from './user-data/user-data.ts'

interface Flags {
  admin?: string
  output: PlainFormat
  watch?: boolean
  certificates?: boolean
  yes?: boolean
  force?: boolean
  wait?: boolean
  /** Seconds. */
  timeout?: number
}

const COLUMNS: Column<ClusterView>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'KUBERNETES', of: ({ kubernetesVersion }) => kubernetesVersion },
  { title: 'NODES', of: ({ nodes }) => String(nodes.length) },
  { title: 'READY', of: ({ nodes }) => String(nodes.filter(({ state }) => state === 'READY').length) },
  { title: 'PROJECT', of: ({ project }) => project },
  { title: 'PROBLEMS', of: ({ problems }) => problemCell(problems), rare: true },
  { title: 'CNI', of: ({ settings }) => settings.cni, wide: true },
  { title: 'LOCATION', of: ({ settings }) => settings.location, wide: true },
  { title: 'ID', of: ({ id }) => id, wide: true },
]

const PLAN: Column<PlannedNode>[] = [
  { title: 'NODE', of: ({ name }) => name },
  { title: 'WOULD BECOME', of: ({ role }) => role ?? 'nothing' },
  { title: 'BECAUSE', of: ({ because }) => because },
]

/** `controller cluster …`. */
export function registerCluster(program: Command): void {
  const cluster = program.command('cluster').description('create, provision and delete clusters')
  registerCreate(cluster)
  registerQueries(cluster)
  registerActions(cluster)
  registerFollow(cluster)
  registerPrecheck(cluster)
  registerAccess(cluster)
  registerJoinCommand(cluster)
  registerUserData(cluster)
  registerSet(cluster)
  registerUpgrade(cluster)
  registerImages(cluster)
  registerBackup(cluster)
  registerRestore(cluster)
}

function registerQueries(cluster: Command): void {
  withAdmin(cluster.command('list'))
    .description('list all clusters')
    .addOption(tableOption())
    .option('--watch', 'print again after each change')
    .addHelpText('after', examples('controller cluster list', 'controller cluster list -o json'))
    .action((flags: Omit<Flags, 'output'> & { output: Format }) =>
      printOrWatch(flags, {}, async (client) => {
        const all = await everyItem(client, clusterRoutes.listClusters)
        return render(flags.output, all, all, COLUMNS)
      }),
    )
  withAdmin(cluster.command('show'))
    .description('show state, stages, settings, nodes and certificates of a cluster')
    .argument(...CLUSTER)
    .option('--certificates', 'show all certificates, not only those that expire soon')
    .addOption(formatOption())
    .option('--watch', 'print again after each change')
    .addHelpText('after', examples('controller cluster show factory', 'controller cluster show factory --certificates'))
    .action((name: string, flags: Flags) =>
      printOrWatch(flags, { name }, async (client) => {
        const found = await findCluster(client, name)
        const health = await client.ask(clusterRoutes.showHealth, { params: { name: found.name } })
        return flags.output === 'text'
          ? clusterText(found, health, new Date(), flags.certificates)
          : structured(flags.output, { ...found, health })
      }),
    )
  withAdmin(cluster.command('plan'))
    .description('show what `cluster provision` would do, or `cluster set` with the same settings; changes nothing')
    .argument(...CLUSTER)
    .argument(...CHANGES)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller cluster plan factory', 'controller cluster plan factory overrides.kubelet=@kubelet.yaml'),
    )
    .action((name: string, given: string[], flags: Flags) =>
      withClient(flags, async (client) => {
        if (given.length > 0) {
          return planSettings(client, name, given, { ...flags, maxUnavailable: DEFAULT_MAX_UNAVAILABLE })
        }
        const found = await findCluster(client, name)
        const plan = await client.ask(clusterRoutes.planCluster, { params: { name: found.name } })
        if (flags.output !== 'text') return print(await structured(flags.output, plan))
        print(table(plan.nodes, PLAN))
        print(`\nBundle: ${plan.bundle ?? 'none'}\n`)
        for (const { message, fix } of plan.problems) print(`[!] ${printable(message)}\n    fix: ${printable(fix)}\n`)
      }),
    )
}

async function printOrWatch(
  flags: Omit<Flags, 'output'>,
  filter: { name?: string },
  query: (client: AdminClient) => Promise<string>,
) {
  await withClient(flags, async (client) => {
    if (!flags.watch) return print(await query(client))
    const { printChanges } = await import('../session/print-changes.ts')
    await printChanges(client, filter, () => query(client))
  })
}

function registerActions(cluster: Command): void {
  withAdmin(cluster.command('provision'))
    .description('install Kubernetes on the configured nodes; retries FAILED nodes and repairs READY ones')
    .argument(...CLUSTER)
    .option('--wait', 'follow it until it is READY; exit code 4 if it becomes FAILED, or if --timeout passes')
    .option('--timeout <duration>', 'with --wait: give up after this time, for example 30m', durationOf)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller cluster provision factory', 'controller cluster provision factory --wait --timeout 30m'),
    )
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const found = await findCluster(client, name)
        const after = await client.ask(clusterRoutes.provisionCluster, { params: { name: found.name } })
        if (!flags.wait) {
          const text = `Cluster ${after.name} is ${after.state}. Follow it: controller cluster watch ${after.name}\n`
          return printAs(flags.output, after, text)
        }
        const { watchCluster } = await import('../follow/watch.ts')
        const { timeout } = flags
        const output = flags.output === 'text' ? 'text' : 'json'
        await watchCluster(client, after.name, watchOptions({ until: 'READY', output, ...(timeout && { timeout }) }))
      }),
    )
  withAdmin(cluster.command('reset'))
    .description('remove Kubernetes from all nodes; the nodes stay enrolled')
    .argument(...CLUSTER)
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster reset factory'))
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const found = await findCluster(client, name)
        await confirm(`Remove Kubernetes from all ${found.nodes.length} nodes of ${found.name}?`, flags.yes)
        const after = await client.ask(clusterRoutes.resetCluster, { params: { name: found.name } })
        await printAs(flags.output, after, `Cluster ${after.name} is ${after.state}.\n`)
      }),
    )
  withAdmin(cluster.command('delete'))
    .description('delete a cluster and its nodes from the controller')
    .argument(...CLUSTER)
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--force', 'delete even if Kubernetes runs on its nodes')
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster delete factory'))
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const found = await findCluster(client, name)
        await confirm(`Delete cluster ${found.name} and its ${found.nodes.length} nodes?`, flags.yes)
        await client.ask(clusterRoutes.deleteCluster, {
          params: { name: found.name },
          query: { force: flags.force ? '1' : undefined },
        })
        await printAs(flags.output, found, `Cluster ${found.name} is deleted.\n`)
      }),
    )
}
