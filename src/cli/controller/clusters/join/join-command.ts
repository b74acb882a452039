import { type Command, InvalidArgumentError, Option } from 'commander'
import { AgentError } from '../../../../base/agent-error.ts'
import { MAX_NODES } from '../../../../protocol/api/identities/credentials.ts'
import {
  JOIN_ARCHITECTURES,
  type JoinArchitecture,
  MAX_JOIN_SECONDS,
  MIN_JOIN_SECONDS,
} from '../../../../protocol/api/identities/join.ts'
import { isBareProxyUrl } from '../../../../protocol/proxy-url.ts'
import { durationWithin } from '../../../kit/duration.ts'
import { examples, formatOption, localTime, type PlainFormat, structured } from '../../../kit/output.ts'
import { countUpTo, labelOf } from '../../identities/arguments.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'

interface Flags {
  admin?: string
  arch?: JoinArchitecture
  ttl: number
  /** The earlier name of `ttl`. */
  valid?: number
  maxNodes: number
  name?: string
  proxy?: string
  tlsTerminatingProxy?: boolean
  output: PlainFormat
}

/** `controller cluster join-command`. */
export function registerJoinCommand(cluster: Command): void {
  withAdmin(cluster.command('join-command'))
    .description('print one command that installs the agent on a machine; it contains secrets')
    .argument(...CLUSTER)
    .addOption(
      new Option('--arch <arch>', 'only for this architecture (default: all that the controller has)').choices(
        JOIN_ARCHITECTURES,
      ),
    )
    .addOption(
      new Option('--ttl <duration>', 'how long it can be used, 1m to 30d')
        .argParser(withinLimits)
        .default(86_400, '24h'),
    )
    .addOption(new Option('--valid <duration>', 'earlier name of --ttl').argParser(withinLimits).hideHelp())
    .option('--max-nodes <number>', 'how many nodes can enrol with it', countUpTo(MAX_NODES), 1)
    .option('--name <name>', 'name of its set of credentials (default: NAME-2, NAME-3, …)', labelOf)
    .option('--proxy <url>', 'HTTP proxy between the machine and the controller: http://host:port', proxyOf)
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
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
  const [{ newJoin }, { joinScript }] = await Promise.all([import('./new-join.ts'), import('./join-script.ts')])
  await withClient(flags, async (client) => {
    const { name: of } = await findCluster(client, given)
    const { ttl, valid = ttl, arch, name: wanted, proxy, tlsTerminatingProxy } = flags
    const parts = await newJoin(client, of, { validSeconds: valid, maxNodes: flags.maxNodes, arch, name: wanted })
    if (tlsTerminatingProxy && parts.credentialsSha256 === undefined) throw earlierController()
    const command = joinScript({ ...parts, proxy, tlsTerminatingProxy })
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

const withinLimits = durationWithin(MIN_JOIN_SECONDS, MAX_JOIN_SECONDS, '1m to 30d')

function earlierController(): AgentError {
  const found = 'the controller is of an earlier build, which does not say what the credentials of a join command are'
  return new AgentError('join/earlier-controller', found, {
    fix: 'update the controller, or copy credentials to the machine: controller creds renew CLUSTER --tls-terminating-proxy',
    kind: 'refused',
  })
}

/** The machine may have `https_proxy` with a user: the text of the command stays in the history of a shell. */
export function proxyOf(text: string): string {
  const url = isBareProxyUrl(text) ? new URL(text) : undefined
  if (url?.username === '' && url.password === '') return url.origin
  throw new InvalidArgumentError('It must be http://HOST:PORT, without a user.')
}
