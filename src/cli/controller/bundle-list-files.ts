import { type Command, Option } from 'commander'
import type { Arch } from '../../bundle/arch.ts'
import { DEFAULT_VERSIONS, VERSION_SETS, versionSet } from '../../bundle/versions/sets.ts'
import { type Column, examples, formatOption, PLAIN_FORMATS, type PlainFormat, render } from '../kit/output.ts'

const FORMATS = [...PLAIN_FORMATS, 'wget', 'skopeo'] as const

interface Flags {
  kubernetesVersion: string
  arch: Arch
  output: PlainFormat | 'wget' | 'skopeo'
}

export const kubernetesVersionOption = (): Option =>
  new Option('--kubernetes-version <version>', 'Kubernetes version; one of the known version sets')
    .choices(VERSION_SETS.map(({ kubernetes }) => kubernetes))
    .default(DEFAULT_VERSIONS.kubernetes)

export const archOption = (): Option =>
  new Option('--arch <arch>', 'architecture of the nodes').choices(['x64', 'arm64']).default('x64')

/** `controller bundle list-files`. */
export function registerListFiles(bundle: Command): void {
  bundle
    .command('list-files')
    .description('list the files and images to download for a bundle, where the projects publish them')
    .addOption(kubernetesVersionOption())
    .addOption(archOption())
    .addOption(formatOption(FORMATS, 'output format; wget: URLs, skopeo: images, as these programs read them'))
    .addHelpText(
      'after',
      examples(
        'controller bundle list-files',
        'controller bundle list-files -o wget',
        'controller bundle list-files -o skopeo',
      ),
    )
    .action(async ({ kubernetesVersion, arch, output }: Flags) => {
      const { upstreamList, forWget, forSkopeo } = await import('../../bundle/upstream/list.ts')
      const list = upstreamList(versionSet(kubernetesVersion) ?? DEFAULT_VERSIONS, arch)
      if (output === 'wget' || output === 'skopeo') {
        process.stdout.write(output === 'wget' ? forWget(list) : forSkopeo(list))
        return
      }
      const rows: Row[] = [
        ...list.files.map(({ url, gives }) => ({ kind: 'file', source: url, gives: gives.join(' ') })),
        ...list.images.map((source) => ({ kind: 'image', source, gives: '-' })),
        ...list.podNetworks.map(({ url, gives }) => ({ kind: 'optional', source: url, gives: gives.join(' ') })),
      ]
      process.stdout.write(await render(output, list, rows, COLUMNS))
    })
}

interface Row {
  kind: string
  source: string
  gives: string
}

const COLUMNS: Column<Row>[] = [
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'SOURCE', of: ({ source }) => source },
  { title: 'GIVES', of: ({ gives }) => gives },
]
