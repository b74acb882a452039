import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { bake, type GivenBundle, seal } from './bake.ts'
import { type Base, readBase } from './base.ts'
import {
  DEFAULT_TEMPLATE,
  type ImageDescription,
  type ImageFormat,
  imageName,
  TEMPLATE_WITHOUT_KUBERNETES,
} from './description.ts'
import { rootBytes, writeDisk } from './disk.ts'
import { sha256Of, WRITE } from './formats.ts'
import type { Run } from './tools.ts'
import { copyBase, prepareTree } from './tree.ts'

export interface ImageOptions {
  /** A root directory, or a tar archive of one. It is not changed. */
  base: string
  agent: { file: string; version: string; capabilities: readonly string[] }
  bundle: GivenBundle | undefined
  formats: readonly ImageFormat[]
  nameTemplate: string | undefined
  directory: string
  diskBytes: number
  cpus: number
  memoryMib: number
  /** The UUID of the root file system. */
  uuid: string
  now: Date
  run: Run
  progress(line: string): void
}

/** The largest part of the root file system that the tree may fill; containers need more, but a disk grows at the first boot. */
const FILLED = 0.85

/** Writes the images and NAME.json, and returns what it says. Needs root. Leaves nothing behind if it fails. */
export async function buildImage(options: ImageOptions): Promise<ImageDescription> {
  await mkdir(options.directory, { recursive: true })
  const scratch = await mkdtemp(join(resolve(options.directory), '.building-'))
  try {
    return await build(scratch, options)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function build(scratch: string, options: ImageOptions): Promise<ImageDescription> {
  const { agent, bundle, run, progress, uuid, diskBytes } = options
  const tree = join(scratch, 'tree')
  await mkdir(tree, { mode: 0o755 })
  progress(`copying ${options.base}`)
  await copyBase(resolve(options.base), tree, run)
  const base = await readBase(tree)
  requireOwnArch(base)
  const parts = {
    agent: agent.version,
    kubernetes: bundle?.kubernetes,
    os: `${base.os.id}${base.os.version}`,
    arch: base.arch,
  }
  const name = imageName(options.nameTemplate ?? templateFor(parts), parts)
  await requireNew(options.directory, name, options.formats)

  progress(`baking agent ${agent.version}${bundle ? ` and Kubernetes ${bundle.kubernetes}` : ''}`)
  const executable = resolve(agent.file)
  await bake(tree, executable, bundle, run)
  await prepareTree(tree, { ...base, root: uuid, title: base.os.title })
  await seal(tree, executable, run)
  await requireSpace(tree, diskBytes, run)

  progress(`writing a disk of ${diskBytes / 2 ** 30} GiB`)
  const disk = join(scratch, 'disk.raw')
  await writeDisk(disk, { arch: base.arch, bytes: diskBytes, root: uuid, tree, scratch, run })
  const appliance = { os: base.os, version: agent.version, cpus: options.cpus, memoryMib: options.memoryMib }
  const files: ImageDescription['files'] = []
  const inOrder = options.formats.toSorted((a, b) => Number(a === 'raw') - Number(b === 'raw'))
  for (const format of inOrder) {
    progress(`writing ${format}`)
    const file = await WRITE[format]({ disk, directory: scratch, name, appliance, run })
    const path = join(scratch, file)
    files.push({ name: file, size: (await stat(path)).size, sha256: await sha256Of(path) })
  }
  const description: ImageDescription = {
    ...{ name, agent: agent.version, minController: agent.version, capabilities: [...agent.capabilities] },
    ...{ os: parts.os, arch: base.arch, createdAt: options.now.toISOString(), packages: base.packages, files },
    ...(bundle && { kubernetes: bundle.kubernetes, bundle: bundle.manifestSha256 }),
  }
  // The description is last: it says that all is there.
  for (const file of files) await rename(join(scratch, file.name), join(options.directory, file.name))
  await writeFile(join(scratch, 'json'), `${JSON.stringify(description, null, 2)}\n`)
  await rename(join(scratch, 'json'), join(options.directory, `${name}.json`))
  return description
}

const templateFor = ({ kubernetes }: { kubernetes: string | undefined }): string =>
  kubernetes === undefined ? TEMPLATE_WITHOUT_KUBERNETES : DEFAULT_TEMPLATE

/** The agent of the image bakes it. */
function requireOwnArch({ arch }: Base): void {
  if (arch === process.arch) return
  throw new AgentError('image/arch', `found a base for ${arch}; wanted one for ${process.arch}, as this machine has`, {
    fix: `build the image on a machine with ${arch}`,
    kind: 'invalid',
  })
}

async function requireNew(directory: string, name: string, formats: readonly ImageFormat[]): Promise<void> {
  for (const end of [...formats, 'json']) {
    const path = join(directory, `${name}.${end}`)
    if ((await stat(path).catch(() => undefined)) === undefined) continue
    throw new AgentError('image/exists', `${path} exists, and is not replaced`, {
      fix: 'move it away, or pass another directory with --to, or another --name-template',
      kind: 'refused',
    })
  }
}

async function requireSpace(tree: string, diskBytes: number, run: Run): Promise<void> {
  const bytes = Number.parseInt(await run(['du', '--summarize', '--block-size=1', tree]), 10)
  if (bytes <= rootBytes(diskBytes) * FILLED) return
  throw new AgentError(
    'image/disk-size',
    `found ${Math.ceil(bytes / 2 ** 20)} MiB of files; they do not fit on a disk of ${diskBytes / 2 ** 20} MiB`,
    { fix: 'pass a larger --disk-size', kind: 'invalid' },
  )
}
