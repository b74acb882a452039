import type { Command } from 'commander'
import { type NodeView, nodeRoutes } from '../../../protocol/api/nodes.ts'
import { confirm } from '../../kit/confirm.ts'
import {
  age,
  type Column,
  examples,
  FORMATS,
  type Format,
  formatOption,
  type PlainFormat,
  render,
} from '../../kit/output.ts'
import { findCluster } from '../clusters/find-cluster.ts'
import { problemCell } from '../clusters/problem-text.ts'
import { LINE_FORMATS, LINES, type LogsFlags } from '../follow/logs.ts'
import { countUpTo, MAX_LINES } from '../identities/arguments.ts'
import type { AdminClient } from '../session/client.ts'
import { everyItem } from '../session/every-item.ts'
import { resolve } from '../session/resolve.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { checkText } from './check-text.ts'
import { registerConfigure } from './configure/configure.ts'
import { findNode, NODE } from './find-node.ts'
import { machineReport } from './machine-report.ts'
import { nodeText } from './node-text.ts'
import { registerNodeUpdate } from './node-update.ts'
import { registerScheduling } from './scheduling.ts'
import { stateCell } from './state-cell.ts'

interface Flags {
  admin?: string
  output: PlainFormat
  watch?: boolean
  cluster?: string
  all?: boolean
  yes?: boolean
  force?: boolean
}

interface ApproveFlags {
  admin?: string
  output: PlainFormat
  replace?: string
}

const columns = (now: Date): Column<NodeView>[] => [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'CLUSTER', of: ({ cluster }) => cluster },
  { title: 'STATE', of: stateCell },
  { title: 'ROLES', of: ({ roles }) => roles.join(',') },
  { title: 'RULE', of: ({ rule, ruleProblem }) => ruleProblem ?? (rule === null ? '' : String(rule)), rare: true },
  { title: 'ADDRESS', of: ({ address }) => address },
  { title: 'SEEN', of: ({ lastSeen }) => age(lastSeen, now) },
  { title: 'STEP', of: ({ step }) => step ?? '' },
  { title: 'PROBLEMS', of: ({ problems }) => problemCell(problems), rare: true },
  { title: 'ID', of: ({ id }) => id, wide: true },
  { title: 'OS', of: ({ os }) => os, wide: true },
  { title: 'AGENT', of: ({ agentVersion }) => agentVersion, wide: true },
  { title: 'KEY', of: ({ fingerprint }) => fingerprint, wide: true },
]

/** By its name, one that is not waiting for approval is meant: the new node usually has the same name. */
async function findReplaced(client: AdminClient, query: string): Promise<NodeView> {
  const all = await everyItem(client, nodeRoutes.listNodes)
  const isId = all.some(({ id }) => id === query)
  return resolve('node', query, isId ? all : all.filter(({ state }) => state !== 'DISCOVERED'))
}

/** `controller node …`. */
export function registerNode(program: Command): void {
  const node = program.command('node').description('list, approve, configure, drain and remove nodes')
  registerQueries(node)
  registerActions(node)
  registerConfigure(node)
  registerScheduling(node)
  registerNodeUpdate(node)
}

function registerQueries(node: Command): void {
  withAdmin(node.command('list'))
    .description('list all nodes')
    .option('--cluster <cluster>', 'list the nodes of this cluster only')
    .option('--all', 'include removed nodes')
    .addOption(formatOption([...FORMATS, 'csv'] as const))
    .option('--watch', 'print again after each change')
    .addHelpText(
      'after',
      examples(
        'controller node list --cluster factory -o wide',
        'controller node list --watch',
        'controller node list -o csv > machines.csv',
      ),
    )
    .action((flags: Omit<Flags, 'output'> & { output: Format | 'csv' }) =>
      withClient(flags, async (client) => {
        const cluster = flags.cluster === undefined ? undefined : (await findCluster(client, flags.cluster)).name
        const query = async () => {
          const all = await everyItem(client, nodeRoutes.listNodes, { cluster, all: flags.all ? '1' : undefined })
          if (flags.output === 'csv') return machineReport(all)
          return render(flags.output, all, all, columns(new Date()))
        }
        if (!flags.watch) return print(await query())
        const { printChanges } = await import('../session/print-changes.ts')
        await printChanges(client, cluster === undefined ? {} : { name: cluster }, query)
      }),
    )
  withAdmin(node.command('show'))
    .description('show the facts, state and current run of a node')
    .argument(...NODE)
    .addOption(formatOption())
    .addHelpText('after', examples('controller node show node-1'))
    .action((query: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const { id } = await findNode(client, query)
        const detail = await client.ask(nodeRoutes.showNode, { params: { id } })
        await printAs(flags.output, detail, nodeText(detail, new Date()))
      }),
    )
  withAdmin(node.command('logs'))
    .description('print the events of a node')
    .argument(...NODE)
    .option('-f, --follow', 'follow new events')
    .option('-n, --lines <count>', 'print the last lines only', countUpTo(MAX_LINES))
    .option('--run <id>', 'print the events of this run only')
    .addOption(formatOption(LINE_FORMATS, LINES))
    .addHelpText('after', examples('controller node logs node-1 -f'))
    .action((query: string, flags: LogsFlags) =>
      withClient(flags, async (client) => {
        const { printLogs } = await import('../follow/logs.ts')
        await printLogs(client, { node: (await findNode(client, query)).id }, flags)
      }),
    )
}

function registerActions(node: Command): void {
  withAdmin(node.command('approve'))
    .description('approve a node; first compare its key with the key that the agent printed on the node')
    .argument(...NODE)
    .option('--replace <node>', 'the lost node whose name it takes over, and which is removed')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller node approve node-1', 'controller node approve node-1 --replace n-7k2m9x4q1z'),
    )
    .action((query: string, flags: ApproveFlags) =>
      withClient(flags, async (client) => {
        const { id } = await findNode(client, query, 'DISCOVERED')
        const replace = flags.replace === undefined ? undefined : (await findReplaced(client, flags.replace)).id
        const after = await client.ask(nodeRoutes.approveNode, { params: { id }, query: { replace } })
        const text = `Node ${after.name} is ${after.state}, key ${after.fingerprint}.\n`
        await printAs(flags.output, after, text + after.warnings.map(checkText).join(''))
      }),
    )
  withAdmin(node.command('remove'))
    .description('remove a node from its cluster, restore its machine, and delete it from the controller')
    .argument(...NODE)
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--force', 'delete it at once, without restoring its machine')
    .addOption(formatOption())
    .addHelpText('after', examples('controller node remove node-1', 'controller node remove node-1 --force'))
    .action((query: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const found = await findNode(client, query)
        await confirm(`Remove node ${found.name} (${found.state})?`, flags.yes)
        await client.ask(nodeRoutes.removeNode, {
          params: { id: found.id },
          query: { force: flags.force ? '1' : undefined },
        })
        const { untilRemoved } = await import('./until-removed.ts')
        const report = (text: string) => (flags.output === 'text' ? print(text) : process.stderr.write(text))
        await untilRemoved(client, found, report)
        await printAs(flags.output, found, '')
      }),
    )
}
