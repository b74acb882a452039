import { type Command, Option } from 'commander'
import { printable } from '../../../base/text/printable.ts'
import { DEFAULT_DRAIN_SECONDS, type DrainView } from '../../../protocol/api/nodes/scheduling.ts'
import { nodeRoutes } from '../../../protocol/api/nodes.ts'
import { OnBlocked } from '../../../protocol/wire/operation.ts'
import { durationOf } from '../../kit/duration.ts'
import { examples, formatOption, type PlainFormat } from '../../kit/output.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { findNode, NODE } from './find-node.ts'
import { type DrainOptions, untilDrained } from './until-drained.ts'

interface Flags {
  admin?: string
  output: PlainFormat
}

type DrainFlags = Flags & DrainOptions

const VERBS = [
  [
    'cordon',
    'keep new pods away from a node, until it is uncordoned',
    'controller node cordon node-1',
    nodeRoutes.cordonNode,
  ],
  [
    'uncordon',
    'let Kubernetes schedule pods to a node again',
    'controller node uncordon node-1',
    nodeRoutes.uncordonNode,
  ],
] as const

/** `controller node cordon|uncordon|drain`. */
export function registerScheduling(node: Command): void {
  for (const [verb, description, example, route] of VERBS) {
    withAdmin(node.command(verb))
      .description(description)
      .argument(...NODE)
      .addOption(formatOption())
      .addHelpText('after', examples(example))
      .action((query: string, flags: Flags) =>
        withClient(flags, async (client) => {
          const { id } = await findNode(client, query)
          const done = await client.ask(route, { params: { id } })
          await printAs(flags.output, done, `Node ${done.node} is ${verb}ed.\n`)
        }),
      )
  }
  registerDrain(node)
}

function registerDrain(node: Command): void {
  withAdmin(node.command('drain'))
    .description('cordon a node and move its pods to others, as their disruption budgets allow')
    .argument(...NODE)
    .addOption(
      new Option('--timeout <duration>', 'how long it may take')
        .argParser(durationOf)
        .default(DEFAULT_DRAIN_SECONDS, `${DEFAULT_DRAIN_SECONDS / 60}m`),
    )
    .addOption(
      new Option(
        '--on-blocked <what>',
        'pods that cannot move in that time: wait: fail, and leave the node cordoned; skip: leave them on the node; force: delete them',
      )
        .choices(OnBlocked.options)
        .default('wait'),
    )
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller node drain node-1',
        'controller node drain node-1 --timeout 30m --on-blocked skip',
        'controller node uncordon node-1',
      ),
    )
    .addHelpText(
      'after',
      '\nIf the command is interrupted, the drain ends, and the node stays cordoned. Run the command again to continue. Drains of several people go on beside each other, each until its own timeout.',
    )
    .action((query: string, flags: DrainFlags) =>
      withClient(flags, async (client) => {
        const { id } = await findNode(client, query)
        const report = (text: string) => (flags.output === 'text' ? print(text) : process.stderr.write(text))
        const done = await untilDrained(client, id, flags, report)
        await printAs(flags.output, done, `Node ${done.node} is drained.\n${done.held.map(stayText).join('')}`)
      }),
    )
}

const stayText = ({ namespace, name, reason }: DrainView['held'][number]) =>
  printable(`[!] pod ${namespace}/${name} stays: ${reason}`).concat('\n')
