import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { ARCH, type Arch } from '../../arch.ts'
import type { Part } from '../../make/cache.ts'
import { runTool } from '../../make/command.ts'
import type { GoComponent } from './components.ts'

/** Builds a component's executables. `cgoEnvironment` is for components that link C libraries. */
export function componentPart(
  component: GoComponent,
  arch: Arch,
  cgoEnvironment: Readonly<Record<string, string>>,
): Omit<Part, 'seconds'> {
  return {
    name: `${component.id}-${component.version}-${arch}`,
    recipe: component,
    async make(directory) {
      const module = await mkdtemp(join(tmpdir(), `cantrip-${component.id}-`))
      try {
        await writeModule(module, component)
        const cgo = component.cgo ? { CGO_ENABLED: '1', ...cgoEnvironment } : { CGO_ENABLED: '0' }
        const outputs = Object.values(component.outputs)
        await runTool(['go', 'build', ...buildFlags(component), '-o', `${directory}/`, ...outputs], {
          cwd: module,
          env: { GOARCH: ARCH[arch].go, GOOS: 'linux', ...cgo },
        })
        await nameOutputs(directory, component)
      } finally {
        await rm(module, { recursive: true, force: true })
      }
    },
  }
}

/** The directory with a module's sources; downloads them if necessary. */
export async function moduleDirectory(module: string, version: string): Promise<string> {
  return (await download(module, version)).Dir
}

async function download(module: string, version: string): Promise<{ Dir: string; GoMod: string }> {
  return JSON.parse(await runTool(['go', 'mod', 'download', '-json', `${module}@${version}`], { cwd: tmpdir() }))
}

/** Writes a module that requires the exact versions to build; the Go tool adds and verifies their dependencies. */
async function writeModule(directory: string, component: GoComponent): Promise<void> {
  const lines = ['module cantrip.local/bundle', 'go 1.26.0']
  for (const [module, version] of Object.entries(component.modules)) lines.push(`require ${module} ${version}`)
  if (component.staging) {
    const { of, at = component.modules[of] ?? component.version, version } = component.staging
    lines.push(...(await stagingLines(of, at, version)))
  }
  for (const [module, files] of Object.entries(component.standIns ?? {})) {
    const place = join(directory, 'stand-in', posix.basename(module))
    await writeText(join(place, 'go.mod'), `module ${module}\ngo 1.26\n`)
    for (const [path, source] of Object.entries(files)) await writeText(join(place, path), source)
    lines.push(`replace ${module} => ./stand-in/${posix.basename(module)}`)
  }
  await writeText(join(directory, 'go.mod'), `${lines.join('\n')}\n`)
}

/** A published module has no ./staging: `k8s.io/x => ./staging/…` is replaced by the published version of k8s.io/x. */
async function stagingLines(module: string, version: string, stagingVersion: string): Promise<string[]> {
  const { GoMod } = await download(module, version)
  const text = await readFile(GoMod, 'utf8')
  const named = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => `${name}`)
  return [
    ...named(/^\s*(?:require\s+)?(\S+) v0\.0\.0(?=\s|$)/gm).map((name) => `require ${name} ${stagingVersion}`),
    ...named(/^\s*(?:replace\s+)?(\S+) => \.\/staging\//gm).map(
      (name) => `replace ${name} => ${name} ${stagingVersion}`,
    ),
  ]
}

function buildFlags(component: GoComponent): string[] {
  const linker = [
    '-s',
    '-w',
    ...Object.entries(component.variables ?? {}).map(([name, value]) => `-X=${name}=${value}`),
  ]
  if (component.cgo === 'static') linker.push('-extldflags=-static')
  if (component.cgo === 'static-pie') linker.push('-linkmode=external', '-extldflags=-static-pie')
  return [
    '-mod=mod',
    '-trimpath',
    '-buildvcs=false',
    ...(component.cgo === 'static-pie' ? ['-buildmode=pie'] : []),
    ...(component.tags ? ['-tags', component.tags.join(',')] : []),
    '-ldflags',
    linker.join(' '),
  ]
}

/** The Go tool names an executable after the package path, without a major version suffix. */
async function nameOutputs(directory: string, component: GoComponent): Promise<void> {
  for (const [name, path] of Object.entries(component.outputs)) {
    const built = posix.basename(path.replace(/\/v\d+$/, ''))
    if (built !== name) await rename(join(directory, built), join(directory, name))
  }
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
