import { type Command, Option } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { printable } from '../../../base/text/printable.ts'
import { type NodeView, nodeRoutes } from '../../../protocol/api/nodes.ts'
import { type AgentUpdateView, agentUpdateRoutes } from '../../../protocol/api/updates/agent-updates.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../../protocol/api/updates/max-unavailable.ts'
import { type Column, examples, type Format, formatOption, structured, table } from '../../kit/output.ts'
import { findCluster } from '../clusters/find-cluster.ts'
import { countUpTo } from '../identities/arguments.ts'
import type { AdminClient } from '../session/client.ts'
import { everyItem } from '../session/every-item.ts'
import { resolve } from '../session/resolve.ts'
import { print, withAdmin, withClient } from '../session/session.ts'

interface Flags {
  admin?: string
  cluster?: string
  to?: string
  canary?: number
  maxUnavailable?: string
  pause?: boolean
  resume?: boolean
  cancel?: boolean
  status?: boolean
  output: Format
}

/** As in the API. */
const MOST_NODES = 5_000

const ACTIONS = ['pause', 'resume', 'cancel'] as const
/** They concern the update that there is, of the whole cluster. */
const OF_LAST = [...ACTIONS, 'status'] as const
const OF_NEW = ['to', 'canary', 'maxUnavailable']

/** An option that excludes the others, and those of a new update. */
const ofLast = (name: (typeof OF_LAST)[number], description: string) =>
  new Option(`--${name}`, description).conflicts([...OF_LAST.filter((each) => each !== name), ...OF_NEW])

const COLUMNS: Column<AgentUpdateView['nodes'][number]>[] = [
  { title: 'NODE', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'WAITING FOR', of: ({ waitingFor }) => waitingFor ?? '' },
]

/** `controller node update`. */
export function registerNodeUpdate(node: Command): void {
  withAdmin(node.command('update'))
    .description(
      'update the agents of nodes, or of a cluster; if a new agent does not connect, the former one is restored',
    )
    .argument('[node...]', 'names of nodes of one cluster')
    .option('--cluster <cluster>', 'all nodes of this cluster')
    .option('--to <version>', 'imported release; default: the newest one')
    .option('--canary <count>', 'how many nodes are updated first', countUpTo(MOST_NODES))
    .option(
      '--max-unavailable <count>',
      'how many nodes at a time afterwards: a number or a percentage',
      DEFAULT_MAX_UNAVAILABLE,
    )
    .addOption(ofLast('pause', 'start no further node'))
    .addOption(ofLast('resume', 'continue, and try failed nodes again'))
    .addOption(ofLast('cancel', 'end the update; a trial that has begun on a node ends there'))
    .addOption(ofLast('status', 'show the last update; start none'))
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller node update node-1',
        'controller node update --cluster factory --to 1.2.0 --canary 2 --max-unavailable 25%',
        'controller node update --cluster factory --pause',
        'controller node update --cluster factory --status',
      ),
    )
    .action(async (names: string[], flags: Flags) => {
      requireCluster(names, flags)
      await withClient(flags, async (client) => {
        const { cluster, nodes } = await targetOf(client, names, flags)
        const view = await act(client, cluster, nodes, flags)
        const isStructured = flags.output === 'json' || flags.output === 'yaml'
        print(isStructured ? await structured(flags.output as 'json' | 'yaml', view) : textOf(cluster, view))
      })
    })
}

function requireCluster(names: readonly string[], flags: Flags): void {
  const given = OF_LAST.find((each) => flags[each])
  if (given === undefined || (names.length === 0 && flags.cluster !== undefined)) return
  const found = names.length > 0 ? `names of nodes with --${given}` : `--${given} without a cluster`
  throw new AgentError('usage/nodes', `found ${found}, which concerns the update of a whole cluster`, {
    fix: `pass --cluster CLUSTER with --${given}, and no names`,
    kind: 'invalid',
  })
}

async function act(
  client: AdminClient,
  name: string,
  nodes: string[] | undefined,
  flags: Flags,
): Promise<AgentUpdateView> {
  const action = ACTIONS.find((each) => flags[each])
  if (action) return client.ask(agentUpdateRoutes.changeAgentUpdate, { params: { name, action } })
  if (flags.status) return client.ask(agentUpdateRoutes.showAgentUpdate, { params: { name } })
  const { to, canary, maxUnavailable } = flags
  const body = {
    ...(nodes && { nodes }),
    ...(to !== undefined && { to }),
    ...(canary !== undefined && { canary }),
    ...(maxUnavailable !== undefined && { maxUnavailable }),
  }
  return client.ask(agentUpdateRoutes.startAgentUpdate, { params: { name }, body })
}

/** All named nodes are of one cluster: each has its own update. */
async function targetOf(client: AdminClient, names: string[], { cluster }: Flags) {
  if (cluster !== undefined && names.length === 0) return { cluster: (await findCluster(client, cluster)).name }
  const all = await everyItem(client, nodeRoutes.listNodes)
  const found: NodeView[] = names.map((name) => resolve('node', name, all))
  const clusters = [...new Set(found.map((node) => node.cluster))]
  const [only] = clusters
  const isOfOther = cluster !== undefined && only !== undefined && (await findCluster(client, cluster)).name !== only
  if (only !== undefined && clusters.length === 1 && !isOfOther) {
    return { cluster: only, nodes: found.map(({ id }) => id) }
  }
  throw new AgentError(
    'usage/nodes',
    'found no node, or nodes of several clusters; wanted nodes of one cluster, or --cluster NAME',
    {
      fix: 'controller node update NODE..., or: controller node update --cluster CLUSTER',
      kind: 'invalid',
    },
  )
}

function textOf(cluster: string, { version, state, done, of, nodes }: AgentUpdateView): string {
  const head = `Agents of cluster ${cluster}, update to ${version}: ${state}, ${done} of ${of} nodes done.\n`
  const errors = nodes.flatMap(({ name, error }) =>
    error ? [`[!] ${name}: ${printable(error.message)} (${error.code})\n    fix: ${printable(error.fix)}\n`] : [],
  )
  return `${head}${table(nodes, COLUMNS)}${errors.join('')}`
}
