import { type Command, InvalidArgumentError, Option } from 'commander'
import { MAX_NODES } from '../../../../protocol/api/identities/credentials.ts'
import {
  JOIN_ARCHITECTURES,
  type JoinArchitecture,
  type JoinCommandParts,
} from '../../../../protocol/api/identities/join.ts'
import { isBareProxyUrl } from '../../../../protocol/proxy-url.ts'
import { countUpTo, labelOf } from '../../identities/arguments.ts'
import type { AdminClient } from '../../session/client.ts'
import type { JoinCommand } from './join-script.ts'

/** What limits a join command, and what it passes on to the agent. */
export interface JoinFlags {
  arch?: JoinArchitecture
  maxNodes: number
  name?: string
  proxy?: string
  tlsTerminatingProxy?: boolean
}

/** The options of JoinFlags. */
export function withJoinOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--arch <arch>', 'only for this architecture (default: all that the controller has)').choices(
        JOIN_ARCHITECTURES,
      ),
    )
    .option('--max-nodes <number>', 'how many nodes can enrol with it', countUpTo(MAX_NODES), 1)
    .option('--name <name>', 'name of its set of credentials (default: NAME-2, NAME-3, …)', labelOf)
    .option('--proxy <url>', 'HTTP proxy between the machine and the controller: http://host:port', proxyOf)
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
}

/** Issues a set of credentials that machines fetch with a token. Its token and passphrase are only in the script. */
export async function issueJoin(
  client: AdminClient,
  cluster: string,
  flags: JoinFlags & Pick<JoinCommand, 'leavesNothing'> & { validSeconds: number },
): Promise<{ parts: JoinCommandParts; script: string }> {
  const { arch, maxNodes, name, proxy, tlsTerminatingProxy, leavesNothing = false, validSeconds } = flags
  const [{ newJoin }, { joinScript }] = await Promise.all([import('./new-join.ts'), import('./join-script.ts')])
  const parts = await newJoin(client, cluster, { validSeconds, maxNodes, arch, name, tlsTerminatingProxy })
  return { parts, script: joinScript({ ...parts, proxy, tlsTerminatingProxy, leavesNothing }) }
}

/** The machine may have `https_proxy` with a user: the text of the command stays in the history of a shell. */
export function proxyOf(text: string): string {
  const url = isBareProxyUrl(text) ? new URL(text) : undefined
  if (url?.username === '' && url.password === '') return url.origin
  throw new InvalidArgumentError('It must be http://HOST:PORT, without a user.')
}
