import { type Command, Option } from 'commander'
import { version } from '../../base/version.ts'
import type { BundleFile } from '../../bundle/format.ts'
import type { StoredBundle } from '../../bundle/import.ts'
import { DEFAULT_VERSIONS, versionSet } from '../../bundle/versions/sets.ts'
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
  withFormatOrPath,
} from '../kit/output.ts'
import { archOption, kubernetesVersionOption, registerListFiles } from './bundle-list-files.ts'
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

function registerBuild(bundle: Command): void {
  withFormatOrPath(bundle.command('build'), 'to')
    .description('build and sign a bundle for one Kubernetes version and architecture')
    .addOption(
      new Option('--from <source>', 'source: Go modules, or a directory of files')
        .choices(['gomod', 'dir'])
        .default('gomod'),
    )
    .option('--dir <directory>', "with --from dir: directory with upstream's files; see list-files")
    .addOption(kubernetesVersionOption())
    .addOption(archOption())
    .requiredOption('--agent <file>', "agent executable, for the operator's image")
    .requiredOption('--to <path>', 'bundle to write: a directory, or a file that ends in .tar')
    .option(
      '--key <file>',
      'Ed25519 signing key; if it does not exist, it is created together with FILE.pub',
      DEFAULT_KEY,
    )
    .addHelpText('after', examples('controller bundle build --agent dist/agent-linux-x64 --to bundle'))
    .action(async (options: BuildFlags) => {
      const { buildBundle } = await import('../../bundle/make/build-bundle.ts')
      const { agentVersion } = await import('../../bundle/make/agent-file.ts')
      const { readOrCreateKey } = await import('../../bundle/keys.ts')
      const { sourceOf } = await import('../../bundle/sources/source-of.ts')
      const versions = versionSet(options.kubernetesVersion) ?? DEFAULT_VERSIONS
      const source = await sourceOf(options.from, options.dir)
      const agent = { file: options.agent, version: await agentVersion(options.agent, options.arch, version.version) }
      const manifest = await buildBundle({
        source,
        agent,
        versions,
        arch: options.arch,
        output: options.to,
        key: await readOrCreateKey(expandHome(options.key)),
        cache: { directory: cacheDirectory(), progress: (line) => process.stderr.write(`${line}\n`) },
        now: new Date(),
      })
      const text = `${manifest.name}: ${options.to}, signed with ${options.key}\n`
      await printAs(options.output, { bundle: options.to, ...manifest }, text)
    })
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

interface BuildFlags {
  from: 'gomod' | 'dir'
  dir?: string
  kubernetesVersion: string
  arch: 'x64' | 'arm64'
  agent: string
  to: string
  key: string
  output: PlainFormat
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
  { title: 'CREATED', of: ({ createdAt }) => localTime(createdAt) },
  { title: 'MANIFEST', of: ({ manifestSha256 }) => manifestSha256.slice(0, 12) },
  { title: 'PUBLIC KEY', of: ({ publicKey }) => publicKey, wide: true },
]

function summary({ manifest, manifestSha256, publicKey }: StoredBundle): BundleView {
  const { name, kubernetesVersion, arch, createdAt, files } = manifest
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  return { name, kubernetesVersion, arch, createdAt, files: files.length, bytes, manifestSha256, publicKey }
}

function cacheDirectory(): string {
  return process.env.CANTRIP_CACHE ?? expandHome('~/.cache/cantrip')
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
