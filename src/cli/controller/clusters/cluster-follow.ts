import { type Command, InvalidArgumentError, Option } from 'commander'
import { CLUSTER_STATES } from '../../../protocol/api/clusters.ts'
import { durationOf } from '../../kit/duration.ts'
import { examples, formatOption } from '../../kit/output.ts'
import { LINE_FORMATS, LINES, type LogsFlags } from '../follow/logs.ts'
import type { WatchOptions } from '../follow/watch.ts'
import { countUpTo, MAX_LINES } from '../identities/arguments.ts'
import { withAdmin, withClient } from '../session/session.ts'
import { CLUSTER, findCluster } from './find-cluster.ts'

/** `controller cluster watch|logs`. */
export function registerFollow(cluster: Command): void {
  withAdmin(cluster.command('watch'))
    .description('follow a cluster; exit code 4 if it becomes FAILED, or if --timeout passes')
    .argument(...CLUSTER)
    .addOption(
      new Option('--until <state>', 'stop when the cluster has this state').choices(CLUSTER_STATES).argParser(stateOf),
    )
    .option('--timeout <duration>', 'give up after this time, for example 90s or 30m', durationOf)
    .addOption(formatOption(LINE_FORMATS, 'output format; json: one line for each change'))
    .addHelpText(
      'after',
      examples(
        'controller cluster watch factory --until READY --timeout 30m',
        'controller cluster watch factory -o json',
      ),
    )
    .action((name: string, flags: WatchFlags) =>
      withClient(flags, async (client) => {
        const { watchCluster } = await import('../follow/watch.ts')
        const { name: found } = await findCluster(client, name)
        await watchCluster(client, found, watchOptions(flags))
      }),
    )
  withAdmin(cluster.command('logs'))
    .description('print the events of a cluster')
    .argument(...CLUSTER)
    .option('-f, --follow', 'follow new events')
    .option('-n, --lines <count>', 'print the last lines only', countUpTo(MAX_LINES))
    .addOption(formatOption(LINE_FORMATS, LINES))
    .addHelpText(
      'after',
      examples('controller cluster logs factory -f', 'controller cluster logs factory -n 50 -o json'),
    )
    .action((name: string, flags: LogsFlags) =>
      withClient(flags, async (client) => {
        const { printLogs } = await import('../follow/logs.ts')
        await printLogs(client, { cluster: (await findCluster(client, name)).name }, flags)
      }),
    )
}

export interface WatchFlags {
  admin?: string
  until?: string
  /** Seconds. */
  timeout?: number
  output: 'text' | 'json'
}

export function watchOptions({ until, timeout, output }: WatchFlags): WatchOptions {
  return {
    ...(until === undefined ? {} : { until }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
    output,
  }
}

function stateOf(text: string): string {
  const state = CLUSTER_STATES.find((each) => each === text.toUpperCase())
  if (!state) throw new InvalidArgumentError(`It must be one of ${CLUSTER_STATES.join(', ')}.`)
  return state
}
