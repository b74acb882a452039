import type { Command } from 'commander'
import { withFormatOrPath } from '../kit/output.ts'
import { FORMATS, type Format, optionsOf, pathsFor, requireRoot } from './surroundings.ts'

export function registerSupportBundle(program: Command): void {
  withFormatOrPath(program.command('support-bundle'), 'to', FORMATS)
    .summary('pack logs and state into one file, without secrets')
    .description(
      'Packs logs, status, configuration and the ledger of this node into a file for support. Secrets are redacted.',
    )
    .option('--to <file>', 'file to write', 'cantrip-support.tar.gz')
    .addHelpText('after', '\nExample:\n  sudo agent support-bundle --to node-7.tar.gz\n')
    .action(async (_: object, command: Command) => {
      const { instance, to, output } = optionsOf<{ to: string; output: Format }>(command)
      requireRoot(process.geteuid?.() ?? 0, 'a support bundle')
      const { writeSupportBundle } = await import('../../agent/logs/support-bundle.ts')
      const { linuxHostView } = await import('../../host/linux/host-view.ts')
      const paths = pathsFor(instance)
      const names = await writeSupportBundle({ paths, view: linuxHostView(paths.layout), output: to })
      const text = `${to}: ${names.join(', ')}\n`
      process.stdout.write(output === 'text' ? text : `${JSON.stringify({ file: to, contents: names })}\n`)
    })
}
