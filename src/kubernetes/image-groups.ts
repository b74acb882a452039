import type { BundleFile } from '../bundle/format.ts'
import type { ProvisionParams } from '../roles/params.ts'

type Where = Pick<ProvisionParams, 'bundleStore' | 'cluster'>

/** The API server takes longest to come up, and the others wait for it: its image goes first. */
const CONTROL_PLANE = ['kube-apiserver', 'pause', 'kube-controller-manager', 'kube-scheduler']
const NETWORK = { flannel: ['flannel'], calico: ['calico', 'cni', 'node'], cilium: ['cilium'], none: [] } as const

export function controlPlaneImages({ bundleStore }: Where): BundleFile[] {
  const images = imagesOf(bundleStore)
  // Where one is not there, the bundle's own error says so.
  return CONTROL_PLANE.map((name) => images.find(called(name)) ?? bundleStore.file('image', name))
}

export function networkImages({ bundleStore, cluster }: Where): BundleFile[] {
  const images = imagesOf(bundleStore)
  return ['kube-proxy', ...NETWORK[cluster.cni]].flatMap((name) => images.filter(called(name)))
}

/** All the others of the bundle, for there may be nothing else to pull from. */
export function otherImages(where: Where): BundleFile[] {
  const earlier = new Set([...controlPlaneImages(where), ...networkImages(where)])
  return imagesOf(where.bundleStore).filter((image) => !earlier.has(image))
}

function imagesOf({ manifest }: ProvisionParams['bundleStore']): BundleFile[] {
  return manifest.files.filter(({ role }) => role === 'image')
}

/** By the last part of the repository's name: `registry.k8s.io/kube-proxy:v1.36.3` is called kube-proxy. */
function called(name: string): (image: BundleFile) => boolean {
  return (image) => /([^/:]+)(:[^/]*)?$/.exec(image.name)?.[1] === name
}
