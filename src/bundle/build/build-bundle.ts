import type { KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'
import { hasCode } from '../error.ts'
import { type BundleFile, type BundleManifest, MANIFEST_NAME, SIGNATURE_NAME } from '../format.ts'
import { signManifest } from '../keys.ts'
import { parseManifest } from '../manifest.ts'
import type { Item, Source, SourceContext } from '../sources/source.ts'
import { VERSIONS } from '../versions.ts'
import { contentOfFile, type TarEntry, tarBytes } from './tar.ts'
import { writeHashed } from './write-hashed.ts'

export interface BuildOptions extends SourceContext {
  source: Source
  key: KeyObject
  /** A directory, or a file ending in `.tar`. */
  output: string
  now: Date
}

/** Puts a bundle together beside its place and gives it its name when it is complete. */
export async function buildBundle(options: BuildOptions): Promise<BundleManifest> {
  const output = resolve(options.output)
  await refuseToReplace(output)
  await mkdir(dirname(output), { recursive: true })
  const items = await options.source(options)
  const staging = await mkdtemp(`${output}.building-`)
  try {
    const started = performance.now()
    const manifest = await assemble(staging, items, options)
    await place(staging, output, manifest)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    options.cache.progress(`${manifest.name}: ${manifest.files.length} files put together in ${seconds} s`)
    return manifest
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function assemble(directory: string, items: readonly Item[], options: BuildOptions): Promise<BundleManifest> {
  const files: BundleFile[] = []
  for (const { content, ...description } of items) {
    const path = join(directory, description.path)
    await mkdir(dirname(path), { recursive: true })
    files.push({ ...description, ...(await writeHashed(path, content.bytes())) })
  }
  const manifest = parseManifest({
    format: 1,
    name: `kubernetes-${VERSIONS.kubernetes}-${options.arch}`,
    kubernetesVersion: VERSIONS.kubernetes,
    arch: options.arch,
    createdAt: options.now.toISOString(),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  })
  const bytes = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)
  await writeFile(join(directory, MANIFEST_NAME), bytes)
  await writeFile(join(directory, SIGNATURE_NAME), signManifest(bytes, options.key))
  return manifest
}

async function place(staging: string, output: string, manifest: BundleManifest): Promise<void> {
  if (!output.endsWith('.tar')) {
    await rm(output, { recursive: true, force: true })
    return rename(staging, output)
  }
  const paths = [MANIFEST_NAME, SIGNATURE_NAME, ...manifest.files.map((file) => file.path)]
  const entries = await Promise.all(
    paths.map(async (path): Promise<TarEntry> => {
      const file = join(staging, path)
      return { kind: 'file', path, mode: 0o644, content: contentOfFile(file, (await stat(file)).size) }
    }),
  )
  const archive = `${staging}/archive`
  await writeHashed(archive, tarBytes(entries))
  await rename(archive, output)
}

/** An earlier bundle may be replaced; anything else in the way stays. */
async function refuseToReplace(output: string): Promise<void> {
  const found = await stat(output).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (!found || (found.isFile() && output.endsWith('.tar'))) return
  if (found.isDirectory() && !output.endsWith('.tar')) {
    const names = await readdir(output)
    if (names.length === 0 || names.includes(MANIFEST_NAME)) return
  }
  throw new AgentError('bundle/output-exists', `found ${output}, which is no bundle; wanted nothing there`, {
    fix: 'name another --output',
    exitCode: ExitCode.usage,
  })
}
