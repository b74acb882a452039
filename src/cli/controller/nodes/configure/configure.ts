import { type Command, InvalidArgumentError, Option } from 'commander'
import { AgentError } from '../../../../base/agent-error.ts'
import { printable } from '../../../../base/text/printable.ts'
import { type LabelRequest, type NodeDetail, nodeRoutes } from '../../../../protocol/api/nodes.ts'
import { NodeRole } from '../../../../protocol/names.ts'
import { examples, formatOption, type PlainFormat } from '../../../kit/output.ts'
import { printAs, withAdmin, withClient } from '../../session/session.ts'
import { findNode, NODE } from '../find-node.ts'
import { retryUntilFacts } from '../retry-until-facts.ts'
import { labelPatch, labelsText } from './labels.ts'

interface ConfigureFlags {
  admin?: string
  output: PlainFormat
  role?: NodeRole[]
  label?: LabelRequest['labels']
  interface?: string
  disk?: string[]
}

/** `controller node configure`. */
export function registerConfigure(node: Command): void {
  withAdmin(node.command('configure'))
    .description('set the roles, interface and disks of a node, and its labels of Kubernetes')
    .argument(...NODE)
    .addOption(
      new Option('--role <role>', 'one role, or several separated by commas; repeatable')
        .choices(NodeRole.options)
        .argParser(roles),
    )
    .option('--interface <name>', 'interface for cluster traffic; default: the interface with the default route')
    .option(
      '--label <key[=value]>',
      'label of Kubernetes: KEY=VALUE, or KEY- to remove it; repeatable, also for a READY node',
      labelPatch,
    )
    .option('--disk <device>', 'disk for storage; repeatable', (disk, before: string[] = []) => [...before, disk])
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller node configure node-1 --role master,worker --interface eth1',
        'controller node configure node-2 --role worker,storage --disk /dev/sdb',
        'controller node configure node-1 --label rack=7 --label line-',
      ),
    )
    .action((query: string, flags: ConfigureFlags) =>
      withClient(flags, async (client) => {
        const { role, label, interface: name, disk = [] } = flags
        if (role === undefined && (label === undefined || name !== undefined || disk.length > 0)) throw noRole()
        const { id } = await findNode(client, query)
        const params = { id }
        let after: NodeDetail | undefined
        if (label !== undefined) after = await client.ask(nodeRoutes.labelNode, { params, body: { labels: label } })
        if (role === undefined && after !== undefined) {
          const labels = labelsText(after.labels ?? {}) || 'no labels of its own'
          return printAs(flags.output, after, `Node ${after.name}: ${labels}.\n`)
        }
        const body = { roles: role ?? [], disks: disk, ...(name === undefined ? {} : { interface: name }) }
        after = await retryUntilFacts(() => client.ask(nodeRoutes.configureNode, { params, body }))
        const place = `${after.roles.join(',')} at ${after.address} (${printable(after.interface ?? '')})`
        await printAs(flags.output, after, `Node ${after.name} is ${after.state}: ${place}.\n`)
      }),
    )
}

function noRole(): AgentError {
  return new AgentError('usage/no-role', 'found no --role; wanted a role, or --label alone', {
    fix: 'pass --role master, --role worker or both',
    kind: 'invalid',
  })
}

function roles(text: string, before: NodeRole[] = []): NodeRole[] {
  const given = text.split(',').map((role) => {
    const parsed = NodeRole.safeParse(role)
    if (!parsed.success) throw new InvalidArgumentError(`Each must be one of ${NodeRole.options.join(', ')}.`)
    return parsed.data
  })
  return [...before, ...given]
}
