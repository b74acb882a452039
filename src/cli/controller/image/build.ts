import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { version } from '../../../base/version.ts'
import type { Argv } from '../../../host/argv.ts'
import type { GivenBundle } from '../../../machine-image/bake.ts'
import { IMAGE_FORMATS, type ImageFormat } from '../../../machine-image/description.ts'
import { examples, formatOption, type PlainFormat } from '../../kit/output.ts'
import { cpuCount, diskOf, memoryOf } from '../clusters/user-data/arguments.ts'
import { printAs } from '../session/session.ts'
import { DEFAULT_KEY, expandHome } from '../signing-key.ts'

interface Flags {
  base: string
  agent: string
  bundle?: string
  key: string
  diskFormat: ImageFormat[]
  nameTemplate?: string
  diskSize: number
  cpus: number
  memory: number
  to: string
  output: PlainFormat
}

/** A slow disk with a compressed image of some GiB. */
const TOOL_TIMEOUT_MS = 3_600_000

function formatsOf(text: string): ImageFormat[] {
  const names = [...new Set(text.split(','))]
  const known = IMAGE_FORMATS.filter((each) => names.includes(each))
  if (known.length === names.length) return known
  throw new InvalidArgumentError(`Allowed are ${IMAGE_FORMATS.join(', ')}, also several with commas.`)
}

/** `controller image build`. */
export function registerBuild(image: Command): void {
  image
    .command('build')
    .description(
      'make an image of machines with the agent, which boots by UEFI and BIOS, from a root directory of Debian or Ubuntu',
    )
    .requiredOption('--base <path>', 'root directory, or a tar archive of one; it is not changed')
    .requiredOption('--agent <file>', "agent executable of this controller's release")
    .option('--bundle <path>', 'bundle that becomes part of the image: nodes of its version download nothing')
    .option('--key <file>', "public key that verifies the bundle's signature", `${DEFAULT_KEY}.pub`)
    .option('--disk-format <list>', 'raw, qcow2, ova, or several with commas', formatsOf, [
      'qcow2',
    ] satisfies ImageFormat[])
    .option(
      '--name-template <text>',
      'name of the image, with the parts {agent}, {os}, {arch}, and with a bundle {kubernetes}',
    )
    .addOption(
      new Option('--disk-size <size>', 'size of the disk; it grows on machines with a larger one')
        .argParser(diskOf)
        .default(20, '20GiB'),
    )
    .option('--cpus <number>', 'with ova: CPUs of a machine', cpuCount, 4)
    .addOption(
      new Option('--memory <size>', 'with ova: memory of a machine').argParser(memoryOf).default(8_192, '8GiB'),
    )
    .requiredOption('--to <directory>', 'directory for the image and its description, NAME.json')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `${examples(
        'sudo controller image build --base bookworm --agent dist/agent-linux-x64 --to images',
        'sudo controller image build --base bookworm.tar --agent dist/agent-linux-x64 --bundle kubernetes.tar --key builder.pub --disk-format raw,qcow2,ova --to images',
      )}

debootstrap makes the base. It needs a kernel, initramfs-tools, systemd-sysv, cloud-init and cloud-guest-utils; what is missing is named.
Root is needed to write files with their owners, and to bake the agent in namespaces. No loop devices are used.`,
    )
    .action(async (flags: Flags) => {
      await requireRoot()
      const { requireTools } = await import('../../../machine-image/tools.ts')
      const { execute } = await import('../../../host/linux/commands.ts')
      const { buildImage } = await import('../../../machine-image/build-image.ts')
      const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
      const exists = (path: string) => stat(path).then(Boolean, () => false)
      await requireTools(arch, flags.diskFormat, exists)
      const built = await buildImage({
        base: flags.base,
        agent: await ownAgent(flags.agent, arch),
        bundle: await bundleOf(flags),
        formats: flags.diskFormat,
        nameTemplate: flags.nameTemplate,
        directory: flags.to,
        diskBytes: flags.diskSize * 2 ** 30,
        ...{ cpus: flags.cpus, memoryMib: flags.memory },
        uuid: randomUUID(),
        now: new Date(),
        run: async (argv: Argv) => (await execute(argv, { timeoutMs: TOOL_TIMEOUT_MS })).stdout,
        progress: (line) => process.stderr.write(`${line}\n`),
      })
      const lines = [`${built.name}.json`, ...built.files.map(({ name }) => name)]
      await printAs(flags.output, built, lines.map((name) => `${flags.to}/${name}\n`).join(''))
    })
}

async function requireRoot(): Promise<void> {
  const uid = process.geteuid?.() ?? 0
  if (uid === 0) return
  throw new AgentError('privilege/not-root', `the build of an image needs root; found user ${uid}`, {
    fix: 'run it with sudo',
    kind: 'invalid',
  })
}

/** Before the base is copied: a bundle that is damaged costs no build. */
async function bundleOf({ bundle, key }: Flags): Promise<GivenBundle | undefined> {
  if (bundle === undefined) return undefined
  const { verifyBundle } = await import('../../../bundle/verify/verify.ts')
  const { readPublicKey } = await import('../../../bundle/keys.ts')
  const file = resolve(expandHome(key))
  const { manifest, manifestSha256 } = await verifyBundle(bundle, await readPublicKey(file))
  return { path: resolve(bundle), key: file, kubernetes: manifest.kubernetesVersion, manifestSha256 }
}

/** Of this build: what it understands of a controller is known. */
async function ownAgent(file: string, arch: 'x64' | 'arm64') {
  const { agentVersion } = await import('../../../bundle/make/agent-file.ts')
  const { CAPABILITIES } = await import('../../../protocol/wire/capabilities.ts')
  const found = await agentVersion(file, arch, version.version)
  if (found === version.version) return { file, version: found, capabilities: CAPABILITIES }
  throw new AgentError(
    'image/agent',
    `found agent ${found} at ${file}; wanted ${version.version}, as this controller has`,
    {
      fix: "pass the agent of this controller's release, or build the image with the controller of the other one",
      kind: 'invalid',
    },
  )
}
