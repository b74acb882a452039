import { AgentError } from '../../../base/agent-error.ts'
import { BINARIES, CNI_PLUGINS, MANIFESTS } from '../../contents.ts'
import { componentImages } from '../../make/images.ts'
import { packAddOns } from '../add-ons/pack.ts'
import { agentItems, fileItem, imageItem } from '../items.ts'
import type { Item, Source } from '../source.ts'
import { builtAddOn } from './add-ons/built.ts'
import type { GoAddOn } from './add-ons/go-add-on.ts'
import { buildAll } from './parts.ts'

/** Builds everything on this machine, also these add-ons, from published Go modules and the packages of its Debian release. */
export const gomodSource =
  (addOns: readonly GoAddOn[]): Source =>
  async (context) => {
    const { versions, arch } = context
    if (arch !== 'x64') {
      throw new AgentError('bundle/arch-not-built', `--from gomod does not build for ${arch}; wanted x64`, {
        fix: `copy upstream's ${arch} files to a directory and use --from dir`,
        kind: 'invalid',
      })
    }
    const { base: root, executables, manifests } = await buildAll(context, addOns)
    const base = { root, arch }
    const executable = (name: string) => {
      const found = executables.get(name)
      if (found === undefined) throw new Error(`no component builds ${name}`)
      return found
    }
    const items: Item[] = []
    const add = async (role: 'binary' | 'cni-plugin', name: string) => {
      const { file, version } = executable(name)
      items.push(await fileItem(role, name, version, file))
    }
    for (const name of Object.keys(BINARIES)) await add('binary', name)
    for (const name of Object.keys(CNI_PLUGINS)) await add('cni-plugin', name)
    for (const image of await componentImages(base, versions, (name) => executable(name).file)) {
      items.push(await imageItem(image))
    }
    items.push(...(await agentItems(base, context.agent)))
    for (const [name, { version }] of Object.entries(MANIFESTS)) {
      const file = manifests.get(name)
      if (file !== undefined) items.push(await fileItem('manifest', name, versions[version], file))
    }
    const built = await Promise.all(
      addOns.map((addOn) => builtAddOn(addOn, context, base, (name) => executable(name).file)),
    )
    const packed = await packAddOns(built, items)
    if (packed.problems.length > 0) throw new Error(packed.problems.join('; '))
    return [...items, ...packed.items]
  }
