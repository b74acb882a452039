import type { KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { hasCode } from '../error.ts'
import { type BundleFile, type BundleManifest, MANIFEST_NAME, SIGNATURE_NAME } from '../format.ts'
import { signManifest } from '../keys.ts'
import { parseManifest } from '../manifest.ts'
import type { Item, Source, SourceContext } from '../sources/source.ts'
import { type Content, contentOf, tarBytes } from './tar.ts'
import { digestOf, writeHashed } from './write-hashed.ts'

export interface BuildOptions extends Omit<SourceContext, 'scratch'> {
  source: Source
  key: KeyObject
  /** A directory, or a file name that ends in `.tar`. */
  output: string
  now: Date
}

/** Assembles a bundle in a temporary directory next to `output`, and renames it when it is complete. */
export async function buildBundle(options: BuildOptions): Promise<BundleManifest> {
  const output = resolve(options.output)
  await refuseToReplace(output)
  await mkdir(dirname(output), { recursive: true })
  const staging = await mkdtemp(`${output}.building-`)
  try {
    const scratch = join(staging, 'scratch')
    await mkdir(scratch)
    const items = await options.source({ ...options, scratch })
    const started = performance.now()
    const write = output.endsWith('.tar') ? writeArchive : writeDirectory
    const manifest = await write(join(staging, 'bundle'), items, (files) => describe(files, options))
    await rm(output, { recursive: true, force: true })
    await rename(join(staging, 'bundle'), output)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    options.cache.progress(`${manifest.name}: ${manifest.files.length} files assembled in ${seconds} s`)
    return manifest
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

interface Head {
  manifest: BundleManifest
  bytes: Uint8Array
  signature: string
}

type Describe = (files: BundleFile[]) => Head

function describe(files: BundleFile[], { arch, versions, now, key }: BuildOptions): Head {
  const manifest = parseManifest({
    format: 1,
    name: `kubernetes-${versions.kubernetes}-${arch}`,
    kubernetesVersion: versions.kubernetes,
    arch,
    createdAt: now.toISOString(),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  })
  const bytes = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)
  return { manifest, bytes, signature: signManifest(bytes, key) }
}

async function writeDirectory(to: string, items: readonly Item[], describeFiles: Describe): Promise<BundleManifest> {
  const files: BundleFile[] = []
  for (const { content, ...description } of items) {
    const path = join(to, description.path)
    await mkdir(dirname(path), { recursive: true })
    files.push({ ...description, ...(await writeHashed(path, content.bytes())) })
  }
  const { manifest, bytes, signature } = describeFiles(files)
  await writeFile(join(to, MANIFEST_NAME), bytes)
  await writeFile(join(to, SIGNATURE_NAME), signature)
  return manifest
}

/** Manifest and signature come first, so that a reader can verify the files as it reads them. */
async function writeArchive(to: string, items: readonly Item[], describeFiles: Describe): Promise<BundleManifest> {
  const files: BundleFile[] = []
  for (const { content, ...description } of items) {
    files.push({ ...description, ...(await digestOf(content.bytes())) })
  }
  const { manifest, bytes, signature } = describeFiles(files)
  const entries: [string, Content][] = [
    [MANIFEST_NAME, contentOf(bytes)],
    [SIGNATURE_NAME, contentOf(signature)],
    ...items.map(({ path, content }): [string, Content] => [path, content]),
  ]
  await writeHashed(to, tarBytes(entries.map(([path, content]) => ({ kind: 'file', path, mode: 0o644, content }))))
  return manifest
}

/** Throws if `output` exists and is not a bundle. An existing bundle is replaced. */
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
  throw new AgentError('bundle/output-exists', `${output} exists and is not a bundle`, {
    fix: 'pass another --to',
    kind: 'invalid',
  })
}
