import type { HostView } from '../host/host.ts'
import type { ProvisionParams } from '../roles/params.ts'
import { BINARIES, CNI_PLUGINS } from './paths.ts'
import type { ProvisionStep } from './provision.ts'

const DIRECTORY = { binary: BINARIES, 'cni-plugin': CNI_PLUGINS } as const

/** A step that puts executables of the bundle in their place; they come side by side, and are in place one by one. */
export function installStep(
  id: string,
  title: string,
  role: keyof typeof DIRECTORY,
  names: readonly string[],
): ProvisionStep {
  const files = (params: ProvisionParams) =>
    names.map((name) => ({ file: params.bundleStore.file(role, name), path: `${DIRECTORY[role]}/${name}` }))

  return {
    id,
    title,
    async isDone(host, params) {
      const states = await Promise.all(files(params).map(({ file, path }) => isInstalled(host, path, file)))
      return states.every(Boolean)
    },
    async apply(host, params, { signal, progress }) {
      const wanted = files(params)
      const total = wanted.reduce((sum, { file }) => sum + file.size, 0)
      const done = new Map<string, number>()
      const tell = (path: string, bytes: number) => {
        done.set(path, bytes)
        progress(
          [...done.values()].reduce((sum, value) => sum + value, 0),
          total,
          'bytes',
        )
      }
      await Promise.all(
        wanted.map(async ({ file, path }) => {
          const source = await params.bundleStore.fetch(host, file, (bytes) => tell(path, bytes), signal)
          await host.install(source, path, 0o755)
          tell(path, file.size)
        }),
      )
    },
  }
}

async function isInstalled(host: HostView, path: string, file: { size: number; sha256: string }): Promise<boolean> {
  const stat = await host.stat(path)
  if (stat?.kind !== 'file' || stat.size !== file.size || (stat.mode & 0o111) === 0) return false
  return (await host.sha256(path)) === file.sha256
}
