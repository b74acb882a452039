// scripts/build runs this with the pinned Node.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bundle } from './bundle.ts'
import { describeSources } from './describe.ts'
import { nodeBinary } from './node-binary.ts'
import { type Arch, type Program, type Target, targets } from './targets.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const scratch = join(dist, '.build')
const packer = join(root, 'build/pack.ts')
const run = promisify(execFile)

const wanted = readArguments()
await mkdir(scratch, { recursive: true })
const version = await describeSources(root)
const programs = [...new Set(wanted.map((target) => target.program))]
const bundles = new Map(
  await Promise.all(programs.map(async (program) => [program, await writeBundle(program)] as const)),
)
// The programs of one architecture side by side: packing one takes a core and half a gigabyte.
for (const arch of ['x64', 'arm64'] satisfies Arch[]) {
  const ofArch = wanted.filter((target) => target.arch === arch)
  if (ofArch.length === 0) continue
  const node = await nodeBinary(root, arch)
  await Promise.all(ofArch.map((target) => pack(target, node)))
}

function readArguments(): readonly Target[] {
  const { values } = parseArgs({
    options: { target: { type: 'string', multiple: true }, 'agent-only': { type: 'boolean' } },
  })
  const names: readonly string[] = values.target ?? targets.map((target) => target.name)
  const unknown = names.filter((name) => !targets.some((target) => target.name === name))
  if (unknown.length > 0)
    throw new Error(`no target ${unknown.join(', ')}; there are ${targets.map((target) => target.name).join(', ')}`)
  return targets
    .filter((target) => names.includes(target.name))
    .filter((target) => !values['agent-only'] || target.program === 'agent')
}

async function writeBundle(program: Program): Promise<string> {
  const path = join(scratch, `${program}.cjs`)
  await writeFile(path, await bundle(root, program, version))
  return path
}

async function pack(target: Target, node: string): Promise<void> {
  const started = performance.now()
  const source = bundles.get(target.program)
  if (source === undefined) throw new Error(`no bundle of ${target.program}`)
  const output = join(dist, target.name)
  const stampFile = join(scratch, `${target.name}.stamp`)
  const stamp = await digest(source, node)
  if ((await read(stampFile)) === stamp && (await sizeOf(output)) > 0)
    return console.log(`dist/${target.name}  as it was`)
  await run(process.execPath, [packer, target.name, source, node, output])
  await writeFile(stampFile, stamp)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`dist/${target.name}  ${((await sizeOf(output)) / 1e6).toFixed(0)} MB  ${seconds} s`)
}

/** Of all that decides what an executable holds: the bundle, which has the version in it, the Node, and the way of packing. */
async function digest(source: string, node: string): Promise<string> {
  const hash = createHash('sha256').update(`${node} ${await sizeOf(node)}`)
  for (const path of [source, packer, join(root, 'package-lock.json')]) hash.update(await readFile(path))
  return hash.digest('hex')
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
