import { type Command, Option } from 'commander'
import { durationWithin } from '../../kit/duration.ts'
import { examples, formatOption } from '../../kit/output.ts'
import { CLUSTER } from '../clusters/find-cluster.ts'
import { proxyOf } from '../clusters/join/issue-join.ts'
import { countUpTo } from '../identities/arguments.ts'
import { withAdmin } from '../session/session.ts'
import { BECOME, jumpOf, type PushFlags, sshKeyOf, sshOptionOf, userOf } from './options.ts'

const MOST_AT_ONCE = 256
const LIMITS = { least: 10, most: 86_400, text: '10s to 24h' }

/** `controller push`. */
export function registerPush(program: Command): void {
  withAdmin(program.command('push'))
    .description('install the agent on all machines of an inventory with ssh, and approve and configure them as nodes')
    .argument(...CLUSTER)
    .requiredOption('--inventory <file>', 'inventory of Ansible or Konvoy, or a table; - for standard input')
    .option('--limit <group>', 'only the hosts of this group, or this host')
    .option('--ssh-user <name>', 'user for hosts of which the inventory names none', userOf)
    .option('--ssh-key <file>', 'private key, also for the jump host; an ssh-agent is used too', sshKeyOf)
    .option('--ssh-option <text>', 'NAME=VALUE as in ssh_config(5); repeatable', sshOptionOf)
    .option('--jump <host>', '[USER@]HOST[:PORT] through which the hosts are reached', jumpOf)
    .option('--accept-new-host-keys', 'trust hosts that are not in known_hosts; a changed key is always refused')
    .addOption(new Option('--become <how>', 'how a user who is not root becomes root').choices(BECOME).default('sudo'))
    .option('--become-password-file <file>', 'file with the password for sudo, mode 0600; - for standard input')
    .option('--at-once <number>', 'how many hosts at the same time', countUpTo(MOST_AT_ONCE), 16)
    .addOption(
      new Option('--timeout <duration>', 'how long each host may take')
        .argParser(durationWithin(LIMITS.least, LIMITS.most, LIMITS.text))
        .default(900, '15m'),
    )
    .option('--proxy <url>', 'HTTP proxy between the machines and the controller: http://host:port', proxyOf)
    .option('--tls-terminating-proxy', 'a proxy ends TLS itself (TLS inspection); without --proxy, a transparent one')
    .addOption(
      new Option('--prepare-only', 'install what each host would download later, and make no node of it').conflicts([
        'provision',
        'dryRun',
      ]),
    )
    .addOption(
      new Option('--provision', 'if no host fails: provision the cluster, and follow it until it is READY').conflicts(
        'dryRun',
      ),
    )
    .option('--dry-run', 'sign in to each host, print what would be done, and change nothing')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `${examples(
        'controller push factory --inventory hosts.ini --dry-run',
        'controller push factory --inventory hosts.ini --ssh-user admin --become-password-file sudo.txt',
        'controller push factory --inventory hosts.yaml --limit kube_node --jump bastion.example.org --provision',
      )}

Each host fetches the agent from the controller, as with \`cluster join-command\`. Its node is approved by the key that the host printed
through ssh, and gets the roles of its groups. Labels are given to its agent, for the rules of the cluster. ssh uses your ssh_config,
known_hosts and ssh-agent, and asks nothing. A host that fails holds up no other one; exit code 4 if any failed. The same command
again does only what is left. With --prepare-only, a host gets the agent, and executables and images of the cluster's bundle;
\`cantrip-agent uninstall\` on it restores it. Hosts without a role are skipped if others have one.`,
    )
    .action(async (cluster: string, flags: PushFlags) => (await import('./carry-out.ts')).carryOut(cluster, flags))
}
