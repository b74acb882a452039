import type { BundleFile } from '../../bundle/format.ts'
import type { NodeTask } from '../../protocol/wire/instruction.ts'
import type { ProvisionParams } from '../params.ts'

type Where = Pick<ProvisionParams, 'bundleStore' | 'cluster'>

const NETWORK = { flannel: /\/flannel:/, calico: /\/calico\//, cilium: /\/cilium\//, none: undefined }

export function apiServerImages(where: Where): BundleFile[] {
  return each(['kube-apiserver', 'pause'], where)
}

export function sandboxImage(where: Where): BundleFile[] {
  return each(['pause'], where)
}

export function controllerImages(where: Where): BundleFile[] {
  return each(['kube-controller-manager', 'kube-scheduler'], where)
}

export function networkImages(where: Where): BundleFile[] {
  return [...each(['kube-proxy'], where), ...ofPodNetwork(where)]
}

/** Without kube-proxy, which every cluster has. */
export function ofPodNetwork({ cluster, bundleStore }: Where): BundleFile[] {
  const network = NETWORK[cluster.cni]
  return network ? imagesOf(bundleStore).filter(({ name }) => network.test(name)) : []
}

/** All other images of the bundle: the nodes may have no registry to pull them from. */
export function otherImages(where: Where): BundleFile[] {
  const earlier = new Set([...apiServerImages(where), ...controllerImages(where), ...networkImages(where)])
  return imagesOf(where.bundleStore).filter((image) => !earlier.has(image))
}

/** All images that a node with this task has to keep. */
export function nodeImages(task: NodeTask, where: Where): BundleFile[] {
  const ofTask = task === 'worker' ? sandboxImage(where) : [...apiServerImages(where), ...controllerImages(where)]
  return [...ofTask, ...networkImages(where), ...otherImages(where)]
}

/** Throws `bundle/missing-file` if an image is missing. */
function each(names: readonly string[], { bundleStore }: Where): BundleFile[] {
  const images = imagesOf(bundleStore)
  return names.map((name) => images.find(called(name)) ?? bundleStore.file('image', name))
}

function imagesOf({ manifest }: ProvisionParams['bundleStore']): BundleFile[] {
  return manifest.files.filter(({ role }) => role === 'image')
}

/** Matches the last part of the repository: `registry.k8s.io/kube-proxy:v1.2.3` is called kube-proxy. */
function called(name: string): (image: BundleFile) => boolean {
  return (image) => /([^/:]+)(:[^/]*)?$/.exec(image.name)?.[1] === name
}
