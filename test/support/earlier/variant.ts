import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { runCommand } from '../../run/command.ts'
import { executables } from '../site/artefacts.ts'
import { cacheDirectory } from '../testbed/bed.ts'

/** `good`: only its version differs. `dead`: its service does not start. `deaf`: its service does not connect. */
export type Variant = 'good' | 'dead' | 'deaf'

const VERSIONS: Record<Variant, string> = { good: '9.0.0-good', dead: '9.0.1-dead', deaf: '9.0.2-deaf' }

/** One change to one source file each; all pass the check of their own. */
const CHANGES: Partial<Record<Variant, { file: string; from: string; to: string }>> = {
  dead: {
    file: 'src/cli/agent/service/run.ts',
    from: 'export async function run(argv: readonly string[]): Promise<void> {\n',
    to: "export async function run(argv: readonly string[]): Promise<void> {\n  if (argv.length >= 0) throw new Error('this version does not start')\n",
  },
  deaf: { file: 'src/agent/link/link.ts', from: "'/v1/agent'", to: "'/v1/nothing'" },
}

const root = join(import.meta.dirname, '../../..')
const SOURCES = ['src', 'build', 'scripts', 'systemd', 'package.json', 'package-lock.json', 'tsconfig.json']

/** Another agent of the present sources. The three of one build are cached, and those of earlier builds removed. */
export async function variantOf(variant: Variant): Promise<{ file: string; version: string }> {
  const version = VERSIONS[variant]
  const all = join(cacheDirectory(), 'agent-variants')
  const directory = join(all, await present())
  const file = join(directory, variant)
  if (existsSync(file)) return { file, version }
  if (!existsSync(directory)) await rm(all, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-variant-'))
  try {
    for (const each of SOURCES) await cp(join(root, each), join(scratch, each), { recursive: true })
    await symlink(join(root, 'node_modules'), join(scratch, 'node_modules'))
    await change(scratch, 'package.json', /"version": "[^"]+"/, `"version": "${version}"`)
    const own = CHANGES[variant]
    if (own) await change(scratch, own.file, own.from, own.to)
    const build = ['scripts/build', '--agent-only', '--target', 'agent-linux-x64'] as const
    const { ok, output } = await runCommand(build, { cwd: scratch })
    if (!ok) throw new Error(`the build of the variant ${variant} failed:\n${output}`)
    await cp(join(scratch, 'dist/agent-linux-x64'), `${file}.${process.pid}`)
    await rename(`${file}.${process.pid}`, file)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return { file, version }
}

async function change(directory: string, name: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(directory, name)
  const text = await readFile(path, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`${name} has nothing to change any more: ${from}`)
  await writeFile(path, changed)
}

async function present(): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(executables.agent), hash)
  return hash.digest('hex').slice(0, 16)
}
