import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { BINARIES, CNI_PLUGINS, MANIFESTS } from '../../contents.ts'
import { agentImage, componentImages } from '../../make/images.ts'
import { fileItem, imageItem } from '../items.ts'
import type { Item, Source, SourceContext } from '../source.ts'
import { baseSystem, cgoEnvironment } from './base-system.ts'
import { type GoComponent, goComponents } from './components.ts'
import { buildComponent } from './go.ts'
import { networkManifests } from './manifests.ts'
import { buildPause } from './pause.ts'

/** Everything built on this machine from published Go modules, and from its own Debian packages. */
export const gomodSource: Source = async (context) => {
  const { cache, versions, arch } = context
  if (arch !== 'x64') {
    throw new AgentError('bundle/arch-not-built', `--from gomod builds bundles for x64; wanted ${arch}`, {
      fix: `put upstream's ${arch} files into a directory and use --from dir`,
      kind: 'invalid',
    })
  }
  const base = await baseSystem(cache, arch)
  const executables = await buildAll(context, async () => cgoEnvironment(base))
  executables.set('pause', { file: await buildPause(cache, versions.pause, arch), version: versions.pause })
  const executable = (name: string) => {
    const found = executables.get(name)
    if (found === undefined) throw new Error(`no component builds ${name}`)
    return found
  }
  const { helm } = goComponents(versions)
  const manifests = await networkManifests(cache, versions, async () =>
    join(await buildComponent(cache, helm, arch, async () => ({})), 'helm'),
  )
  const items: Item[] = []
  const take = async (role: 'binary' | 'cni-plugin', name: string) => {
    const { file, version } = executable(name)
    items.push(await fileItem(role, name, version, file))
  }
  for (const name of Object.keys(BINARIES)) await take('binary', name)
  for (const name of Object.keys(CNI_PLUGINS)) await take('cni-plugin', name)
  for (const image of await componentImages(base, versions, (name) => executable(name).file))
    items.push(await imageItem(image))
  items.push(await imageItem(await agentImage(base, context.agent.file, context.agent.version)))
  for (const [name, file] of manifests) {
    items.push(await fileItem('manifest', name, versions[MANIFESTS[name].version], file))
  }
  return items
}

interface Executable {
  file: string
  version: string
}

/** By the executables' names. helm is built only where a chart is rendered. */
async function buildAll(
  { cache, versions, arch }: SourceContext,
  cgo: () => Promise<Record<string, string>>,
): Promise<Map<string, Executable>> {
  const executables = new Map<string, Executable>()
  const { helm: _, ...components } = goComponents(versions)
  for (const component of Object.values<GoComponent>(components)) {
    const directory = await buildComponent(cache, component, arch, cgo)
    for (const name of Object.keys(component.outputs)) {
      executables.set(name, { file: join(directory, name), version: component.version })
    }
  }
  return executables
}
