import { type Command, Option } from 'commander'
import { AgentError } from '../../base/agent-error.ts'
import { version } from '../../base/version.ts'
import type { Arch } from '../../bundle/arch.ts'
import type { Logins } from '../../bundle/download/http.ts'
import type { UpstreamOptions } from '../../bundle/sources/upstream.ts'
import { DEFAULT_VERSIONS, versionSet } from '../../bundle/versions/sets.ts'
import { machineCas } from '../../pki/machine-cas.ts'
import { collect } from '../kit/collect.ts'
import { examples, type PlainFormat, withFormatOrPath } from '../kit/output.ts'
import { STEADY_CLOCK } from '../kit/steady-clock.ts'
import { archOption, kubernetesVersionOption } from './bundle-list-files.ts'
import { printAs } from './session/session.ts'
import { DEFAULT_KEY, expandHome } from './signing-key.ts'

interface Flags {
  from: 'gomod' | 'dir' | 'upstream'
  dir?: string
  base?: string
  registry?: string
  registryLogin?: string[]
  pgpKey?: string[]
  cosignKey?: string[]
  ca?: string
  lock?: string
  updateLock?: boolean
  locked?: boolean
  kubernetesVersion: string
  arch: Arch
  agent: string
  image: string[]
  with: string[]
  addOn: string[]
  to: string
  key: string
  output: PlainFormat
}

/** `controller bundle build`. */
export function registerBuild(bundle: Command): void {
  withFormatOrPath(bundle.command('build'), 'to')
    .description('build and sign a bundle for one Kubernetes version and architecture')
    .addOption(
      new Option('--from <source>', 'source: Go modules, a directory of files, or downloads from the projects')
        .choices(['gomod', 'dir', 'upstream'])
        .default('gomod'),
    )
    .option('--dir <directory>', "with --from dir: directory with upstream's files; see list-files")
    .option('--base <url>', 'with --from upstream: mirror that has HOST/PATH of each file below this URL')
    .option('--registry <url>', 'with --from upstream: registry that has REGISTRY/NAME of each image below this URL')
    .option(
      '--registry-login <host=file>',
      'with --from upstream: file with USER:PASSWORD for a registry or mirror; http://HOST=FILE without TLS; repeatable',
      collect,
    )
    .option(
      '--pgp-key <file>',
      'with --from upstream: verify signatures with these PGP keys, armored; repeatable',
      collect,
    )
    .option(
      '--cosign-key <file>',
      'with --from upstream: verify signatures of this cosign key, PEM; repeatable',
      collect,
    )
    .option('--ca <file>', 'with --from upstream: further CAs to trust, PEM')
    .option('--lock <file>', 'with --from upstream: take only what is in this file; written if it does not exist')
    .option('--update-lock', 'with --lock: write the file again, with what is published now')
    .option('--locked', 'with --lock: fail if the file does not exist, or anything in it would change')
    .addOption(kubernetesVersionOption())
    .addOption(archOption())
    .requiredOption('--agent <file>', "agent executable, for the operator's image")
    .option(
      '--image <file>',
      'archive of an image that nodes import too, for pods of your own; repeatable',
      collect,
      [],
    )
    .option(
      '--with <list>',
      'with --from gomod: add-ons that are built too, by id or of a blueprint, for example default-upstream',
      (text: string) => text.split(',').filter((name) => name !== ''),
      [],
    )
    .option(
      '--add-on <directory>',
      'add-on of your own: directory with addon.json, objects.yaml and archives of images; repeatable',
      collect,
      [],
    )
    .requiredOption('--to <path>', 'bundle to write: a directory, or a file that ends in .tar')
    .option(
      '--key <file>',
      'Ed25519 signing key; if it does not exist, it is created together with FILE.pub',
      DEFAULT_KEY,
    )
    .addHelpText(
      'after',
      examples(
        'controller bundle build --agent dist/agent-linux-x64 --to bundle',
        'controller bundle build --image shop.tar --agent dist/agent-linux-x64 --to bundle',
        'controller bundle build --with default-upstream --agent dist/agent-linux-x64 --to bundle',
        'controller bundle build --from upstream --lock bundle.lock.json --agent dist/agent-linux-x64 --to bundle',
        'controller bundle build --from upstream --lock bundle.lock.json --locked --agent dist/agent-linux-x64 --to bundle',
        'controller bundle build --from upstream --base https://mirror.example/files --registry https://mirror.example:5000 --agent dist/agent-linux-x64 --to bundle',
      ),
    )
    .action(async (options: Flags) => {
      const { buildBundle } = await import('../../bundle/make/build-bundle.ts')
      const { agentVersion } = await import('../../bundle/make/agent-file.ts')
      const { readOrCreateKey } = await import('../../bundle/keys.ts')
      const { sourceOf } = await import('../../bundle/sources/source-of.ts')
      const versions = versionSet(options.kubernetesVersion) ?? DEFAULT_VERSIONS
      const { from, dir, with: built, addOn: addOns, image: images } = options
      refuseUnused({ with: built.length > 0 ? built : undefined }, 'gomod', from)
      const source = await sourceOf({
        ...{ from, dir, with: built, addOns, images },
        upstream: await upstreamOptions(options),
      })
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

async function upstreamOptions(flags: Flags): Promise<UpstreamOptions> {
  const { base, registry, registryLogin, pgpKey, cosignKey, ca, lock, updateLock, locked } = flags
  refuseUnused({ dir: flags.dir }, 'dir', flags.from)
  const access = { base, registry, 'registry-login': registryLogin, ca }
  const proofs = { 'pgp-key': pgpKey, 'cosign-key': cosignKey, lock, 'update-lock': updateLock, locked }
  refuseUnused({ ...access, ...proofs }, 'upstream', flags.from)
  for (const [option, given] of Object.entries({ 'update-lock': updateLock, locked })) {
    if (given && lock === undefined) throw unusable(`--${option} is only for --lock`, 'add --lock FILE')
  }
  if (updateLock && locked)
    throw unusable('--locked keeps the file that --update-lock replaces', 'leave --update-lock out')
  const own = await textsOf('CA file', ca === undefined ? [] : [ca])
  return {
    ...{ base, registry, lock, updateLock, locked, clock: STEADY_CLOCK },
    logins: await loginsOf(registryLogin),
    keys: { pgp: await textsOf('PGP key', pgpKey), cosign: await textsOf('cosign key', cosignKey) },
    network: { env: process.env, ca: [...machineCas(), ...own.values()] },
  }
}

/** These options would have no effect with another source than `of`. */
function refuseUnused(options: Record<string, unknown>, of: Flags['from'], from: Flags['from']): void {
  const option = Object.keys(options).find((name) => options[name] !== undefined)
  if (option !== undefined && from !== of) throw unusable(`--${option} is only for --from ${of}`, `add --from ${of}`)
}

function unusable(found: string, addition: string): AgentError {
  return new AgentError('usage/option', found, { fix: `${addition}, or leave the option out`, kind: 'invalid' })
}

async function loginsOf(given: readonly string[] = []): Promise<Logins> {
  const { registryLoginsOf } = await import('../../agent/install/registry-logins.ts')
  const { linuxHostView } = await import('../../host/linux/host-view.ts')
  return registryLoginsOf(given, linuxHostView())
}

/** By path. */
async function textsOf(what: string, paths: readonly string[] = []): Promise<Map<string, string>> {
  const { readGiven } = await import('../../host/linux/files/read-given.ts')
  const texts = paths.map(async (path) => {
    const file = { path, what, code: 'bundle', maxBytes: 1024 * 1024, isSecret: false }
    return [path, await readGiven({ ...file, ifMissing: 'correct the path' })] as const
  })
  return new Map(await Promise.all(texts))
}

function cacheDirectory(): string {
  return process.env.CANTRIP_CACHE ?? expandHome('~/.cache/cantrip')
}
