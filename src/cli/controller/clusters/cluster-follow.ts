import { type Command, InvalidArgumentError } from 'commander'
import { CLUSTER_STATES } from '../../../protocol/api/clusters.ts'
import { examples, formatOption } from '../../kit/output.ts'
import type { LogsFlags } from '../follow/logs.ts'
import { withAdmin, withClient } from '../session/session.ts'
import { findCluster } from './find-cluster.ts'

/** `controller cluster watch|logs`. */
export function registerFollow(cluster: Command): void {
  withAdmin(cluster.command('watch'))
    .description('follow a cluster; exit code 4 if it becomes FAILED')
    .argument('<name>')
    .option('--until <state>', `stop when the cluster is ${CLUSTER_STATES.join(', ')}`, stateOf)
    .option('--timeout <seconds>', 'give up after this many seconds', secondsOf)
    .addHelpText('after', examples('controller cluster watch factory --until READY --timeout 900'))
    .action((name: string, flags: { admin?: string; until?: string; timeout?: number }) =>
      withClient(flags, async (client) => {
        const { watchCluster } = await import('../follow/watch.ts')
        const { name: found } = await findCluster(client, name)
        await watchCluster(client, found, {
          ...(flags.until === undefined ? {} : { until: flags.until }),
          ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1_000 }),
        })
      }),
    )
  withAdmin(cluster.command('logs'))
    .description('print the events of a cluster')
    .argument('<name>')
    .option('-f, --follow', 'follow new events')
    .option('-n, --lines <count>', 'print the last lines only')
    .addOption(formatOption())
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

function stateOf(text: string): string {
  const state = CLUSTER_STATES.find((each) => each === text.toUpperCase())
  if (!state) throw new InvalidArgumentError(`It must be one of ${CLUSTER_STATES.join(', ')}.`)
  return state
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0)) throw new InvalidArgumentError('It must be a number of seconds.')
  return seconds
}
