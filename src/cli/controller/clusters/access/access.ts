import { type Command, Option } from 'commander'
import { type AccessView, kubeconfigRoutes } from '../../../../protocol/api/identities/kubeconfigs.ts'
import { ClusterRole } from '../../../../protocol/names.ts'
import { MAX_ACCESS_SECONDS, MIN_ACCESS_SECONDS } from '../../../../protocol/wire/operation.ts'
import { confirm } from '../../../kit/confirm.ts'
import { durationWithin } from '../../../kit/duration.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
} from '../../../kit/output.ts'
import { print, printAs, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { personOf } from './arguments.ts'
import type { IssueFlags } from './issue.ts'

const COLUMNS: Column<AccessView>[] = [
  { title: 'PERSON', of: ({ person }) => person },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'EXPIRES', of: ({ expiresAt }) => (expiresAt === null ? 'unknown' : localTime(expiresAt)) },
  { title: 'ISSUED BY', of: ({ issuedBy }) => issuedBy ?? 'unknown' },
  { title: 'REVOKED BY', of: ({ revokedBy }) => revokedBy ?? '', rare: true },
  { title: 'USER IN KUBERNETES', of: ({ user }) => user, wide: true },
]

/** `controller cluster kubeconfig`, its `revoke`, and `controller cluster access`. */
export function registerAccess(cluster: Command): void {
  const kubeconfig = withAdmin(cluster.command('kubeconfig'))
    .description('write a kubeconfig for a person; its key never leaves this machine')
    .argument(...CLUSTER)
    .option('--user <person>', 'whom it is for (default: you)', personOf)
    .addOption(
      new Option(
        '--role <role>',
        'as the ClusterRoles of Kubernetes; edit and admin permit to become root on the nodes',
      )
        .choices(ClusterRole.options)
        .default('view'),
    )
    .addOption(
      new Option('--ttl <duration>', 'how long it is valid, 10m to 7d')
        .argParser(withinLimits)
        .default(8 * 3_600, '8h'),
    )
    .option('--to <file>', 'file to write, with mode 0600 (default: standard output)')
    .addOption(new Option('--file <file>', 'earlier name of --to').hideHelp())
    .option('--server <url>', "where kubectl reaches the API (default: the cluster's endpoint)")
    .addOption(formatOption(['yaml', 'json'], 'format of the kubeconfig'))
    .addHelpText(
      'after',
      examples(
        'controller cluster kubeconfig factory --to factory.kubeconfig',
        'controller cluster kubeconfig factory --role admin --ttl 1h --server https://10.0.0.1:6443 > admin.kubeconfig',
        'controller cluster kubeconfig revoke factory --user alice',
      ),
    )
    .action(async (name: string, flags: IssueFlags) => (await import('./issue.ts')).writeKubeconfig(name, flags))
  registerRevoke(kubeconfig)
  registerList(cluster)
}

const withinLimits = durationWithin(MIN_ACCESS_SECONDS, MAX_ACCESS_SECONDS, '10m to 7d')

function registerRevoke(kubeconfig: Command): void {
  withAdmin(kubeconfig.command('revoke'))
    .description('delete the permissions of all kubeconfigs of a person')
    .argument(...CLUSTER)
    .requiredOption('--user <person>', 'whose kubeconfigs', personOf)
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster kubeconfig revoke factory --user alice'))
    .action((name: string, flags: { admin?: string; user: string; yes?: boolean; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        await confirm(`Revoke all kubeconfigs of ${flags.user} in ${found}?`, flags.yes)
        const params = { name: found, person: flags.user }
        const revoked = await client.ask(kubeconfigRoutes.revokeKubeconfigs, { params }, { waitMs: 40_000 })
        if (revoked.some(({ state }) => state === 'revoking')) throw await stillBound(found, flags.user)
        await printAs(
          flags.output,
          revoked,
          `The kubeconfigs of ${flags.user} have no permissions in ${found} any more.\n`,
        )
      }),
    )
}

async function stillBound(cluster: string, person: string) {
  const { AgentError } = await import('../../../../base/agent-error.ts')
  const message = `the kubeconfigs of ${person} are revoked, but no master of ${cluster} has deleted their permissions yet`
  return new AgentError('kubeconfig/still-bound', message, {
    fix: `the controller repeats it until a master answers; see: controller cluster access ${cluster}`,
  })
}

function registerList(cluster: Command): void {
  withAdmin(cluster.command('access'))
    .description('list who has a kubeconfig of a cluster, as the cluster confirms it')
    .argument(...CLUSTER)
    .addOption(tableOption())
    .addHelpText('after', examples('controller cluster access factory', 'controller cluster access factory -o wide'))
    .action((name: string, flags: { admin?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const answer = await client.ask(kubeconfigRoutes.listKubeconfigs, { params: { name: found } })
        print(await render(flags.output, answer, answer.accesses, COLUMNS))
        if (answer.asOf === null && !isData(flags))
          print(
            '[!] No master answers: this is what the controller recorded. Access may have changed in the cluster.\n',
          )
      }),
    )
}

const isData = ({ output }: { output: Format }) => output === 'json' || output === 'yaml'
