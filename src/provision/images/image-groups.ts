import { addOnOf } from '../../bundle/add-ons/layout.ts'
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
  return network
    ? imagesOf({ cluster, bundleStore }).filter((file) => addOnOf(file) === undefined && network.test(file.name))
    : []
}

/** All other images of the bundle, except of add-ons that the cluster does not have: the nodes may have no registry to pull them from. */
export function otherImages(where: Where): BundleFile[] {
  const earlier = new Set([...apiServerImages(where), ...controllerImages(where), ...networkImages(where)])
  return imagesOf(where).filter((image) => !earlier.has(image))
}

/** All images that a node with this task has to keep. */
export function nodeImages(task: NodeTask, where: Where): BundleFile[] {
  const ofTask = task === 'worker' ? sandboxImage(where) : [...apiServerImages(where), ...controllerImages(where)]
  return [...ofTask, ...networkImages(where), ...otherImages(where)]
}

/** Throws `bundle/missing-file` if an image is missing. */
function each(names: readonly string[], where: Where): BundleFile[] {
  const images = imagesOf(where).filter((file) => addOnOf(file) === undefined)
  return names.map((name) => images.find(called(name)) ?? where.bundleStore.file('image', name))
}

function imagesOf({ cluster: { addOns = [] }, bundleStore: { manifest } }: Where): BundleFile[] {
  return manifest.files.filter((file) => {
    const addOn = addOnOf(file)
    return file.role === 'image' && (addOn === undefined || addOns.includes(addOn))
  })
}

/** Matches the last part of the repository: `registry.k8s.io/kube-proxy:v1.2.3` is called kube-proxy. */
function called(name: string): (image: BundleFile) => boolean {
  return (image) => /([^/:]+)(:[^/]*)?$/.exec(image.name)?.[1] === name
}
