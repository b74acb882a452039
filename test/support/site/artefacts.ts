import { createHash } from 'node:crypto'
import { createReadStream, existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { errorMessage } from '../../../src/base/text/error-message.ts'
import { DEFAULT_VERSIONS } from '../../../src/bundle/versions/sets.ts'
import { cacheDirectory } from '../testbed/bed.ts'
import type { BundleSource } from './bundle-source.ts'

const root = join(import.meta.dirname, '../../..')

/** The executables that scripts/build makes for this machine. */
export const executables = {
  agent: join(root, 'dist/agent-linux-x64'),
  controller: join(root, 'dist/controller-linux-x64'),
} as const

export type Say = (line: string) => void

/** Runs a program on the host with the developer's environment, and passes its output on line by line. */
export type RunHere = (argv: readonly string[], say: Say) => Promise<void>

/**
 * The bundle of this checkout. Its programs are built once from Go modules. It is assembled again when the agent or the
 * sources in src/bundle change, and cached. The two newest bundles of each version of Kubernetes and source are kept.
 */
export async function bundleDirectory(
  runHere: RunHere,
  say: Say,
  version: string = DEFAULT_VERSIONS.kubernetes,
  from: BundleSource = 'gomod',
): Promise<string> {
  const bundles = join(cacheDirectory(), 'bundles')
  const ofVersion = version === DEFAULT_VERSIONS.kubernetes ? '' : `${version}-`
  const prefix = from === 'gomod' ? ofVersion : `${from}-${ofVersion}`
  const directory = join(bundles, `${prefix}${await keyOf()}`)
  if (!isBuilt(directory)) {
    await mkdir(bundles, { recursive: true })
    await rm(directory, { recursive: true, force: true })
    const key = builderKey()
    const build = [
      'bundle',
      'build',
      '--from',
      from,
      '--kubernetes-version',
      version,
      '--agent',
      executables.agent,
      '--key',
      key,
      '--output',
      directory,
    ]
    await runHere([executables.controller, ...build], say)
  }
  await removeOld(bundles, prefix, directory)
  return directory
}

const isBuilt = (directory: string) => existsSync(join(directory, 'manifest.json'))

/**
 * The bundle of the demo: one from Go modules that is there; otherwise what the projects publish, where their servers can be
 * reached, because that takes only the time of the download.
 */
export async function demoBundle(runHere: RunHere, say: Say, choose: () => Promise<BundleSource>): Promise<string> {
  const isThere = isBuilt(join(cacheDirectory(), 'bundles', await keyOf()))
  if (!isThere && (await choose()) === 'upstream') {
    say("downloading what the projects publish, from the projects' servers")
    try {
      return await bundleDirectory(runHere, say, DEFAULT_VERSIONS.kubernetes, 'upstream')
    } catch (error) {
      say(`that failed: ${errorMessage(error)}`)
    }
  }
  if (!isThere) say("building from Go modules, because the projects' servers cannot be used from here")
  return bundleDirectory(runHere, say)
}

/** The private key that signs the bundle. The public key is next to it. */
const builderKey = () => join(cacheDirectory(), 'bundles', 'builder.key')
export const builderPublicKey = () => `${builderKey()}.pub`

async function keyOf(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync('src/bundle/**/*.{ts,json}', { cwd: root }).sort()) {
    if (!file.endsWith('.test.ts')) hash.update(readFileSync(join(root, file)))
  }
  await pipeline(createReadStream(executables.agent, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex').slice(0, 16)
}

async function removeOld(bundles: string, prefix: string, current: string): Promise<void> {
  const entries = await readdir(bundles, { withFileTypes: true })
  const isOfVersion = (name: string) => name.replace(/[0-9a-f]{16}$/, '') === prefix
  const others = entries
    .filter((entry) => entry.isDirectory() && isOfVersion(entry.name))
    .map((entry) => join(bundles, entry.name))
  const dated = await Promise.all(others.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })))
  const old = dated.filter(({ path }) => path !== current).sort((a, b) => b.at - a.at)
  for (const { path } of old.slice(1)) await rm(path, { recursive: true, force: true })
}
