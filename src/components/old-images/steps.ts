import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { ctrContainers, ctrImages, listPinnedWithDigests } from '../../host/containerd/pinned-images.ts'
import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { outdatedNames } from './outdated.ts'

const UNDO = { kind: 'nothing', because: "images are removed with containerd's directory" } as const

/** Before new images come: a node has those of two bundles at most, however often it is upgraded. */
export const remove: ProvisionStep = {
  id: 'old-images/remove',
  title: 'Removing images of earlier versions',
  isDone: async (host, params) => (await oldOn(host, params)).length === 0,
  async apply(host, params, { signal }) {
    const names = await oldOn(host, params)
    if (names.length > 0) await host.run([...ctrImages(host.layout), 'remove', '--sync', ...names], UNDO, { signal })
  },
}

async function oldOn(host: HostView, { bundleStore }: ProvisionParams): Promise<string[]> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return []
  const bundle = bundleStore.manifest.files.flatMap(({ role, name }) => (role === 'image' ? [name] : []))
  const present = rows((await host.ask(listPinnedWithDigests(host.layout))).stdout).flatMap(([name, , digest]) =>
    name !== undefined && digest?.startsWith('sha256:') ? [{ name, digest }] : [],
  )
  const used = rows((await host.ask([...ctrContainers(host.layout), 'list'])).stdout).flatMap(
    ([, image]) => image ?? [],
  )
  return outdatedNames(bundle, present, new Set(used))
}

const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/\s+/))
