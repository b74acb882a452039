import { CNI_PLUGINS } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, type Layout } from '../../base/layout.ts'
import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { isInstalled, progressOfAll } from '../../provision/steps/install-step.ts'

type BundleFile = ProvisionParams['bundleStore']['manifest']['files'][number]

/** Where the executables of a bundle are installed, by their role. */
const directoriesOf = (layout: Layout): Readonly<Partial<Record<BundleFile['role'], readonly string[]>>> => ({
  binary: [layout.binaries, containerdPrograms(layout)],
  'cni-plugin': [CNI_PLUGINS],
})

export const fetchExecutables: ProvisionStep = {
  id: 'prefetch/fetch',
  title: 'Fetching executables of the bundle',
  async isDone(host, params) {
    const stats = await Promise.all((await due(host, params)).map((file) => host.stat(params.bundleStore.pathOf(file))))
    return stats.every((stat) => stat !== undefined)
  },
  async apply(host, params, { signal, progress }) {
    const files = await due(host, params)
    const report = progressOfAll(files, progress)
    await Promise.all(
      files.map((file) => params.bundleStore.fetch(host, file, (bytes) => report(file.path, bytes), signal)),
    )
  },
}

/** The executables that this node has, and that differ from those of the bundle. */
async function due(host: HostView, { bundleStore }: ProvisionParams): Promise<BundleFile[]> {
  const { files } = bundleStore.manifest
  const directories = directoriesOf(host.layout)
  const isDue = await Promise.all(
    files.map(async (file) => {
      const paths = (directories[file.role] ?? []).map((directory) => `${directory}/${file.name}`)
      const states = await Promise.all(
        paths.map(async (path) => (await host.stat(path)) !== undefined && !(await isInstalled(host, path, file))),
      )
      return states.includes(true)
    }),
  )
  return files.filter((_, index) => isDue[index])
}
