import type { Command } from 'commander'
import { type BegunRestore, backupRoutes } from '../../../../protocol/api/clusters/backups.ts'
import { confirm } from '../../../kit/confirm.ts'
import { examples, formatOption, type PlainFormat, table } from '../../../kit/output.ts'
import { printAs, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { MASTERS } from './backup.ts'

interface Flags {
  admin?: string
  from: string
  survivor?: string
  yes?: boolean
  output: PlainFormat
}

/** `controller cluster restore` and `controller cluster recover`. */
export function registerRestore(cluster: Command): void {
  withAdmin(cluster.command('restore'))
    .description('restore a backup of etcd, which replaces all data of the cluster')
    .argument(...CLUSTER)
    .requiredOption('--from <backup>', 'a name from: controller cluster backup list CLUSTER')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster restore factory --from m1-20261129T205014Z'))
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const loss = 'What was created or changed in the cluster since then is lost, and its API stops for a while.'
        await confirm(`${loss} Restore ${found} from ${flags.from}?`, flags.yes)
        const body = { backup: flags.from }
        const after = await client.ask(backupRoutes.restoreBackup, { params: { name: found }, body }, WAIT)
        await printAs(flags.output, after, begun(found, after))
      }),
    )
  withAdmin(cluster.command('recover'))
    .description('recover etcd from the data of one master, after most masters were lost')
    .argument(...CLUSTER)
    .option('--survivor <node>', 'the master whose data is kept (default: show what each master has)')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller cluster recover factory', 'controller cluster recover factory --survivor m2'),
    )
    .action((name: string, { survivor, ...flags }: Flags) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const params = { name: found }
        if (survivor === undefined) {
          const found = await client.ask(backupRoutes.listBackups, { params }, WAIT)
          const hint = 'The master with the highest revision has the most recent data.'
          return printAs(flags.output, found, `${table(found.masters, MASTERS)}\n${hint}\n`)
        }
        const loss = `What only the other masters had agreed on is lost.`
        await confirm(`${loss} Recover etcd of ${found} from the data of ${survivor}?`, flags.yes)
        const after = await client.ask(backupRoutes.recoverCluster, { params, body: { survivor } }, WAIT)
        await printAs(flags.output, after, begun(found, after))
      }),
    )
}

const WAIT = { waitMs: 180_000 }

function begun(cluster: string, { source, nodes, absent }: BegunRestore): string {
  const others = nodes.filter((name) => name !== source)
  const joins = others.length === 0 ? '' : `; then its data goes to ${others.join(', ')}`
  const names = absent.join(', ')
  const left = [
    ...absent.map((name) => `[!] ${name} does not answer. When it is back, it joins with the data of ${source}.\n`),
    // Together they may be a majority of the former etcd, and serve its data until their agents are connected.
    ...(absent.length > 1 ? [`[!] Start them one after another: ${names}.\n`] : []),
  ].join('')
  return `Etcd begins with the data on ${source}${joins}. Follow it: controller cluster watch ${cluster}\n${left}`
}
