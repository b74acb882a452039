// scripts/build runs this with the pinned Node.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bundle } from './bundle.ts'
import { buildConsole } from './console.ts'
import { consoleFilesIn } from './console-files.ts'
import { buildPackage } from './deb/build-package.ts'
import { describeSources } from './describe.ts'
import { nodeBinary } from './node-binary.ts'
import { type Arch, type Script, scriptsOf, type Target, targets } from './targets.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const scratch = join(dist, '.build')
const consoleDirectory = join(scratch, 'console')
const packer = join(root, 'build/pack.ts')
const cacheMaker = join(root, 'build/code-cache.ts')
const run = promisify(execFile)

const { wanted, withPackages } = readArguments()
await mkdir(scratch, { recursive: true })
const version = await describeSources(root)
if (wanted.some(({ program }) => program === 'controller')) await buildConsole(root, consoleDirectory)
await Promise.all([...new Set(wanted.flatMap(scriptsIn))].map(writeBundle))
// Programs of one architecture are packed in parallel: packing one takes a core and 0.5 GiB.
for (const arch of ['x64', 'arm64'] satisfies Arch[]) {
  const ofArch = wanted.filter((target) => target.arch === arch)
  if (ofArch.length === 0) continue
  const node = await nodeBinary(root, arch)
  await Promise.all(ofArch.map((target) => pack(target, node)))
}
if (withPackages) for (const target of wanted) await makePackage(target)

function readArguments(): { wanted: readonly Target[]; withPackages: boolean } {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      'agent-only': { type: 'boolean' },
      deb: { type: 'boolean', default: false },
    },
  })
  const names: readonly string[] = values.target ?? targets.map((target) => target.name)
  const unknown = names.filter((name) => !targets.some((target) => target.name === name))
  if (unknown.length > 0)
    throw new Error(
      `unknown target ${unknown.join(', ')}; use one of ${targets.map((target) => target.name).join(', ')}`,
    )
  const named = targets
    .filter((target) => names.includes(target.name))
    .filter((target) => !values['agent-only'] || target.program === 'agent')
  return { wanted: named, withPackages: values.deb }
}

function scriptsIn({ program }: Target): Script[] {
  return scriptsOf[program].filter((script) => script !== undefined)
}

function fileOf(script: Script): string {
  return join(scratch, `${script}.cjs`)
}

async function writeBundle(script: Script): Promise<void> {
  await writeFile(fileOf(script), await bundle(root, script, version))
}

async function pack(target: Target, node: string): Promise<void> {
  const started = performance.now()
  const scripts = scriptsIn(target).map(fileOf)
  const files = target.program === 'controller' ? await consoleFilesIn(consoleDirectory) : []
  const late = files.length > 0 ? [consoleDirectory] : []
  const output = join(dist, target.name)
  const stampFile = join(scratch, `${target.name}.stamp`)
  const stamp = await digest([...scripts, ...files.map((file) => join(consoleDirectory, file))], node)
  if ((await read(stampFile)) === stamp && (await sizeOf(output)) > 0)
    return console.log(`dist/${target.name}  up to date`)
  await run(process.execPath, [packer, target.name, node, output, ...scripts, ...late])
  await writeFile(stampFile, stamp)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`dist/${target.name}  ${((await sizeOf(output)) / 2 ** 20).toFixed(0)} MiB  ${seconds} s`)
}

async function makePackage(target: Target): Promise<void> {
  const epochSeconds = Number(process.env.SOURCE_DATE_EPOCH ?? Date.parse(version.date || '1970-01-01') / 1_000)
  const file = await buildPackage({
    ...{ root, target, version, scratch, epochSeconds },
    ...{ executable: join(dist, target.name), output: dist },
  })
  console.log(`dist/${basename(file)}  ${((await sizeOf(file)) / 2 ** 20).toFixed(0)} MiB`)
}

/** A hash of all inputs of an executable: the bundled scripts, which contain the version, files, Node, and the packer. */
async function digest(inputs: readonly string[], node: string): Promise<string> {
  const hash = createHash('sha256').update(`${node} ${await sizeOf(node)}`)
  for (const path of [...inputs, packer, cacheMaker, join(root, 'package-lock.json')]) hash.update(await readFile(path))
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
