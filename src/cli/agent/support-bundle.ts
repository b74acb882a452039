import type { Command } from 'commander'
import { optionsOf, pathsFor, requireRoot } from './surroundings.ts'

export function registerSupportBundle(program: Command): void {
  program
    .command('support-bundle')
    .summary('pack logs and state into one file, without secrets')
    .description(
      'Packs logs, status, configuration and the ledger of this node into a file for support. Secrets are redacted.',
    )
    .option('--output <file>', 'path of the file to write', 'cantrip-support.tar.gz')
    .addHelpText('after', '\nExample:\n  sudo agent support-bundle --output node-7.tar.gz\n')
    .action(async (_: object, command: Command) => {
      const { instance, output } = optionsOf<{ output: string }>(command)
      requireRoot(process.geteuid?.() ?? 0, 'a support bundle')
      const { writeSupportBundle } = await import('../../agent/logs/support-bundle.ts')
      const { linuxHostView } = await import('../../host/linux/host-view.ts')
      const names = await writeSupportBundle({ paths: pathsFor(instance), view: linuxHostView(), output })
      process.stdout.write(`${output}: ${names.join(', ')}\n`)
    })
}
