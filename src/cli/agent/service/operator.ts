import type { Command } from 'commander'

/** `agent operator`: runs in the pod that provisioning creates in the cluster. */
export function registerOperator(program: Command): void {
  program
    .command('operator')
    .description('report nodes and pods of the cluster to the controller (runs in a pod)')
    .addHelpText('after', '\nExample:\n  agent operator\n')
    .action(async () => {
      const { optionsFrom, runOperator } = await import('../../../operator/run-operator.ts')
      const stop = new AbortController()
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
      await runOperator(optionsFrom(process.env, stop.signal))
    })
}
