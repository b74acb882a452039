import type { Command } from 'commander'
import { clusterRoutes } from '../../../protocol/api/clusters.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { examples, formatOption, type PlainFormat, structured } from '../../kit/output.ts'
import { print, withAdmin, withClient } from '../session/session.ts'
import { CLUSTER, findCluster } from './find-cluster.ts'
import { pairReportText } from './pair-report-text.ts'

/** The nodes close their test ports after two minutes at the latest. */
const WAIT_MS = 120_000

/** `controller cluster precheck`. */
export function registerPrecheck(cluster: Command): void {
  withAdmin(cluster.command('precheck'))
    .description('check the connections between nodes: ports, latency, clocks, packet sizes; changes nothing')
    .argument(...CLUSTER)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster precheck factory',
        'controller cluster precheck factory && controller cluster provision factory',
        "controller cluster precheck factory -o json | jq '.findings[].fix'",
      ),
    )
    .addHelpText('after', '\nExit code 3 if nodes cannot reach each other as Kubernetes requires.')
    .action((name: string, flags: { admin?: string; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const found = await findCluster(client, name)
        const params = { name: found.name }
        const report = await client.ask(clusterRoutes.checkPairs, { params }, { waitMs: WAIT_MS })
        const { output } = flags
        print(output === 'text' ? pairReportText(report) : await structured(output, report))
        if (report.hardFailures > 0) process.exitCode = ExitCode.checkFailed
      }),
    )
}
