import type { Command } from 'commander'
import { addOnsListed } from '../../bundle/add-ons/layout.ts'
import type { BundleFile } from '../../bundle/format.ts'
import type { StoredBundle } from '../../bundle/import.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { type BundleView, bundleRoutes } from '../../protocol/api/bundles.ts'
import { confirm } from '../kit/confirm.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
} from '../kit/output.ts'
import { registerBuild } from './bundle-build.ts'
import { registerListFiles } from './bundle-list-files.ts'
import { changeData } from './service/data-owner.ts'
import { printAs, withAdmin, withClient } from './session/session.ts'
import { DEFAULT_KEY, expandHome } from './signing-key.ts'

/** `controller bundle build|verify|import|list|delete|list-files`. */
export function registerBundle(program: Command): void {
  const bundle = program
    .command('bundle')
    .description('build, verify, import and delete bundles: the files that nodes install')
  registerBuild(bundle)
  registerVerify(bundle)
  registerImport(bundle)
  registerList(bundle)
  registerDelete(bundle)
  registerListFiles(bundle)
}

function registerVerify(bundle: Command): void {
  bundle
    .command('verify')
    .description('verify every file of a bundle against its signed manifest')
    .argument('<path>', 'directory or .tar file')
    .option('--key <file>', "public key that verifies the bundle's signature", `${DEFAULT_KEY}.pub`)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples('controller bundle verify bundle', 'controller bundle verify bundle.tar --key builder.pub'),
    )
    .action(async (path: string, options: { key: string; output: PlainFormat }) => {
      const { verifyBundle } = await import('../../bundle/verify/verify.ts')
      const { readPublicKey } = await import('../../bundle/keys.ts')
      const { manifest, manifestSha256 } = await verifyBundle(path, await readPublicKey(expandHome(options.key)))
      const rows = await render(options.output, { manifestSha256, ...manifest }, manifest.files, FILES)
      const result = `\n${manifest.name}: all ${manifest.files.length} files verified, manifest ${manifestSha256}\n`
      process.stdout.write(options.output === 'text' ? `${rows}${result}` : rows)
    })
}

function registerImport(bundle: Command): void {
  bundle
    .command('import')
    .description('verify a bundle and import it into a controller')
    .argument('<path>', 'directory or .tar file')
    .requiredOption('--data <directory>', 'data directory of the controller')
    .option('--key <file>', "public key that verifies the bundle's signature", `${DEFAULT_KEY}.pub`)
    .addOption(formatOption())
    .addHelpText('after', examples('controller bundle import bundle --data /var/lib/cantrip-controller'))
    .action(async (path: string, options: { data: string; key: string; output: PlainFormat }) => {
      const { importBundle } = await import('../../bundle/import.ts')
      const { readPublicKey } = await import('../../bundle/keys.ts')
      const key = await readPublicKey(expandHome(options.key))
      const stored = await changeData(options.data, {
        ...{ action: 'importBundle', reason: `controller bundle import ${path}` },
        work: () => importBundle(path, options.data, key, new Date()),
        changes: ({ manifest: { name }, manifestSha256: id }) => [
          { record: 'bundle', id, name, change: 'added', fields: {} },
        ],
      })
      const text = `${stored.manifest.name}: imported, manifest ${stored.manifestSha256}\n`
      await printAs(options.output, summary(stored), text)
    })
}

function registerList(bundle: Command): void {
  withAdmin(bundle.command('list'))
    .description('list the bundles that are imported at the controller that answers')
    .option('--data <directory>', 'list those of this data directory instead')
    .addOption(tableOption())
    .addHelpText(
      'after',
      examples('controller bundle list', 'controller bundle list --data /var/lib/cantrip-controller'),
    )
    .action(async (options: { admin?: string; data?: string; output: Format }) => {
      const { data } = options
      const rows =
        data === undefined
          ? await withClient(options, (client) => client.ask(bundleRoutes.listBundles, {}))
          : await bundlesIn(data)
      process.stdout.write(await render(options.output, rows, rows, BUNDLES))
    })
}

async function bundlesIn(data: string): Promise<BundleView[]> {
  const { listBundles } = await import('../../bundle/import.ts')
  const { bundles, damaged } = await listBundles(data)
  for (const { error } of damaged) process.stderr.write(`${error.message}\n  fix: ${error.fix}\n`)
  return bundles.map(summary)
}

function registerDelete(bundle: Command): void {
  withAdmin(bundle.command('delete'))
    .description('delete an imported bundle that no cluster uses, at the controller that answers')
    .argument('<bundle>', 'name, or the first 12 or more digits of MANIFEST, as `bundle list` shows them')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples(`controller bundle delete kubernetes-${DEFAULT_VERSIONS.kubernetes}-x64`))
    .action((name: string, flags: { admin?: string; yes?: boolean; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        await confirm(`Delete bundle ${name}?`, flags.yes)
        const deleted = await client.ask(bundleRoutes.deleteBundle, { params: { name } })
        const text = `Bundle ${deleted.name}, manifest ${deleted.manifestSha256}, is deleted.\n`
        await printAs(flags.output, deleted, text)
      }),
    )
}

const FILES: Column<BundleFile>[] = [
  { title: 'KIND', of: ({ role }) => role },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'VERSION', of: ({ version }) => version },
  { title: 'MIB', of: ({ size }) => mebibytes(size) },
  { title: 'SHA256', of: ({ sha256 }) => sha256.slice(0, 12) },
]

const BUNDLES: Column<BundleView>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'KUBERNETES', of: ({ kubernetesVersion }) => kubernetesVersion },
  { title: 'ARCH', of: ({ arch }) => arch },
  { title: 'MIB', of: ({ bytes }) => mebibytes(bytes) },
  { title: 'ADD-ONS', of: ({ addOns = [] }) => addOns.map(({ id }) => id).join(',') || '-' },
  { title: 'CREATED', of: ({ createdAt }) => localTime(createdAt) },
  { title: 'MANIFEST', of: ({ manifestSha256 }) => manifestSha256.slice(0, 12) },
  { title: 'PUBLIC KEY', of: ({ publicKey }) => publicKey, wide: true },
]

function summary({ manifest, manifestSha256, publicKey }: StoredBundle): BundleView {
  const { name, kubernetesVersion, arch, createdAt, files } = manifest
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  const shown = { name, kubernetesVersion, arch, createdAt, files: files.length, bytes, manifestSha256, publicKey }
  return { ...shown, ...addOnsListed(manifest) }
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
