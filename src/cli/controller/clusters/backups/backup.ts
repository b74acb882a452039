import type { Command } from 'commander'
import { backupRoutes, type MasterBackups } from '../../../../protocol/api/clusters/backups.ts'
import type { Backup } from '../../../../protocol/wire/messages/backup.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  render,
  table,
  tableOption,
} from '../../../kit/output.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { mib } from './size.ts'

interface Flags {
  admin?: string
  output: Format
}

type Row = Backup & { node: string }

const COLUMNS: Column<Row>[] = [
  { title: 'BACKUP', of: ({ id }) => id },
  { title: 'MADE', of: ({ madeAt }) => localTime(madeAt) },
  { title: 'FOR', of: ({ reason }) => reason },
  { title: 'REVISION', of: ({ revision }) => String(revision) },
  { title: 'SIZE', of: ({ bytes }) => mib(bytes) },
  { title: 'KEYS', of: ({ keys }) => String(keys), wide: true },
  { title: 'ETCD', of: ({ etcdVersion }) => etcdVersion, wide: true },
  { title: 'MASTER', of: ({ node }) => node, wide: true },
]

export const MASTERS: Column<MasterBackups>[] = [
  { title: 'MASTER', of: ({ node }) => node },
  { title: 'ETCD', of: ({ etcd, problem }) => problem ?? stateOf(etcd) },
  { title: 'REVISION', of: ({ etcd }) => String(etcd?.revision ?? 'unknown') },
  { title: 'TERM', of: ({ etcd }) => String(etcd?.term ?? 'unknown') },
  { title: 'INDEX', of: ({ etcd }) => String(etcd?.index ?? 'unknown') },
]

function stateOf(etcd: MasterBackups['etcd']): string {
  if (!etcd?.isRunning) return 'does not run'
  return etcd.hasQuorum ? 'has a quorum' : 'has no quorum'
}

/** `controller cluster backup list` and `now`. */
export function registerBackup(cluster: Command): void {
  const backup = cluster.command('backup').description('list and make backups of the etcd of a cluster')
  withAdmin(backup.command('list'))
    .description('list the backups on the masters, and what the etcd of each master has')
    .argument(...CLUSTER)
    .addOption(tableOption())
    .addHelpText(
      'after',
      examples('controller cluster backup list factory', 'controller cluster backup list factory -o json'),
    )
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const answer = await client.ask(backupRoutes.listBackups, { params: { name: found } }, { waitMs: 40_000 })
        const rows = answer.masters.flatMap(({ node, backups }) => backups.map((each) => ({ ...each, node })))
        rows.sort((a, b) => (a.madeAt > b.madeAt ? -1 : 1))
        print(await render(flags.output, answer, rows, COLUMNS))
        if (flags.output !== 'json' && flags.output !== 'yaml') print(`\n${table(answer.masters, MASTERS)}`)
      }),
    )
  withAdmin(backup.command('now'))
    .description('back up etcd on one of the masters now')
    .argument(...CLUSTER)
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster backup now factory'))
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const { node, backup } = await client.ask(
          backupRoutes.createBackup,
          { params: { name: found } },
          { waitMs: 90_000 },
        )
        print(await render(flags.output, { node, backup }, [{ ...backup, node }], COLUMNS))
      }),
    )
}
