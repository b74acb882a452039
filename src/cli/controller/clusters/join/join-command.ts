import { type Command, Option } from 'commander'
import { MAX_JOIN_SECONDS, MIN_JOIN_SECONDS } from '../../../../protocol/api/identities/join.ts'
import { durationWithin } from '../../../kit/duration.ts'
import { examples, formatOption, localTime, type PlainFormat, structured } from '../../../kit/output.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { issueJoin, type JoinFlags, withJoinOptions } from './issue-join.ts'

interface Flags extends JoinFlags {
  admin?: string
  ttl: number
  /** The earlier name of `ttl`. */
  valid?: number
  output: PlainFormat
}

/** `controller cluster join-command`. */
export function registerJoinCommand(cluster: Command): void {
  withJoinOptions(
    withAdmin(cluster.command('join-command'))
      .description('print one command that installs the agent on a machine; it contains secrets')
      .argument(...CLUSTER)
      .addOption(
        new Option('--ttl <duration>', 'how long it can be used, 1m to 30d')
          .argParser(joinSeconds)
          .default(86_400, '24h'),
      )
      .addOption(new Option('--valid <duration>', 'earlier name of --ttl').argParser(joinSeconds).hideHelp()),
  )
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster join-command factory',
        'controller cluster join-command factory --tls-terminating-proxy',
        'controller cluster join-command factory --max-nodes 40 --ttl 2h | ssh root@server-1 sh',
      ),
    )
    .addHelpText('after', '\nTo revoke it: controller creds revoke NAME SET')
    .action(printCommand)
}

async function printCommand(given: string, flags: Flags): Promise<void> {
  await withClient(flags, async (client) => {
    const { name: of } = await findCluster(client, given)
    const { parts, script: command } = await issueJoin(client, of, { ...flags, validSeconds: flags.valid ?? flags.ttl })
    const { name, fetchableUntil, maxNodes } = parts.credentials
    if (flags.output !== 'text') {
      const { urls, agents } = parts
      return print(
        await structured(flags.output, { cluster: of, name, fetchableUntil, maxNodes, urls, agents, command }),
      )
    }
    print(command)
    const nodes = maxNodes === 1 ? '1 node' : `${maxNodes} nodes`
    process.stderr.write(`
Paste the command into a shell of the machine. It is a secret until ${localTime(fetchableUntil ?? '')}, and for ${nodes}.
To revoke it: controller creds revoke ${of} ${name}
`)
  })
}

/** Parses how long a join command can be used. */
export const joinSeconds = durationWithin(MIN_JOIN_SECONDS, MAX_JOIN_SECONDS, '1m to 30d')
