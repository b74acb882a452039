import type { Command } from 'commander'
import { version } from '../../../base/version.ts'
import { examples, formatOption, type PlainFormat } from '../../kit/output.ts'
import { printAs } from '../session/session.ts'

const MAX_BYTES = 1024 * 1024

/** `controller image verify`. */
export function registerVerify(image: Command): void {
  image
    .command('verify')
    .description('verify the files of an image, and that its agent and this controller understand each other')
    .argument('<file>', 'description of the image: NAME.json')
    .addOption(formatOption())
    .addHelpText('after', examples(`controller image verify images/cantrip-node-v${version.version}-debian12-x64.json`))
    .action(async (file: string, { output }: { output: PlainFormat }) => {
      const { readGiven } = await import('../../../host/linux/files/read-given.ts')
      const { verifyImage } = await import('../../../machine-image/verify-image.ts')
      const { CAPABILITIES } = await import('../../../protocol/wire/capabilities.ts')
      const given = { path: file, what: 'description', code: 'image', maxBytes: MAX_BYTES, isSecret: false }
      const text = await readGiven({ ...given, ifMissing: 'correct the path' })
      const controller = { version: version.version, capabilities: CAPABILITIES }
      const verified = await verifyImage(file, text, controller)
      const files = verified.files.map(({ name }) => name).join(', ')
      await printAs(
        output,
        verified,
        `${verified.name}: ${files} verified; agent ${verified.agent} fits this controller\n`,
      )
    })
}
