import { CNI_PLUGINS } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { BundleFile } from '../../bundle/format.ts'
import type { Step, StepContext } from '../../engine/step.ts'
import { isOwnFile } from '../../host/files/own-file.ts'
import type { Host, HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../params.ts'

const DIRECTORY = { binary: ({ binaries }: Layout) => binaries, 'cni-plugin': () => CNI_PLUGINS } as const
export const EXECUTABLE = 0o755

/** What a step that installs executables needs to know. */
export type OfBundle = Pick<ProvisionParams, 'bundleStore'>

interface Wanted {
  file: BundleFile
  path: string
}

/** A step that installs executables of the bundle. Downloads run in parallel; each file is moved to its path when complete. */
export function installStep(
  id: string,
  title: string,
  kind: keyof typeof DIRECTORY,
  names: readonly string[],
  directory: (layout: Layout) => string = DIRECTORY[kind],
): Step<OfBundle, never> {
  const files = ({ layout }: HostView, params: OfBundle): Wanted[] =>
    names.map((name) => ({ file: params.bundleStore.file(kind, name), path: `${directory(layout)}/${name}` }))

  return {
    id,
    title,
    async isDone(host, params) {
      const states = await Promise.all(files(host, params).map(({ file, path }) => isInstalled(host, path, file)))
      return states.every(Boolean)
    },
    async apply(host, params, { signal, progress }) {
      const states = await Promise.all(files(host, params).map((each) => isAlreadyInstalled(host, params, each)))
      const wanted = files(host, params).filter((_, index) => !states[index])
      const report = progressOfAll(
        wanted.map(({ file }) => file),
        progress,
      )
      await Promise.all(
        wanted.map(async ({ file, path }) => {
          const source = await params.bundleStore.fetch(host, file, (bytes) => report(path, bytes), signal)
          await host.replace(source, path, EXECUTABLE)
          report(path, file.size)
        }),
      )
    },
  }
}

/** Reports the sum of the bytes of several downloads; it gets those of one of them. */
export function progressOfAll(
  files: readonly Pick<BundleFile, 'size'>[],
  progress: StepContext['progress'],
): (path: string, bytes: number) => void {
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0)
  const total = sumOf(files.map(({ size }) => size))
  const done = new Map<string, number>()
  return (path, bytes) => {
    done.set(path, bytes)
    progress(sumOf([...done.values()]), total, 'bytes')
  }
}

/** An earlier agent version kept a hard link of each installed file in the directory of the bundle. */
async function isAlreadyInstalled(host: Host, { bundleStore }: OfBundle, { file, path }: Wanted): Promise<boolean> {
  if ((await host.stat(path))?.links === 2) await host.discard(bundleStore.pathOf(file), `it is a hard link to ${path}`)
  return isInstalled(host, path, file)
}

/** Whether the executable at `path` is that of the bundle. */
export async function isInstalled(host: HostView, path: string, file: BundleFile): Promise<boolean> {
  const stat = await host.stat(path)
  if (!isOwnFile(stat, EXECUTABLE, host) || stat.size !== file.size) return false
  return (await host.sha256(path)) === file.sha256
}
