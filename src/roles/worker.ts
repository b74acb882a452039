import { addOnImages } from '../components/add-on-images/component.ts'
import { cniPlugins } from '../components/cni-plugins/component.ts'
import { containerd } from '../components/containerd/component.ts'
import { join } from '../components/join/component.ts'
import { kernel } from '../components/kernel/component.ts'
import { kubelet } from '../components/kubelet/component.ts'
import { kubeletEndpoint } from '../components/kubelet-endpoint/component.ts'
import { kubeletServing } from '../components/kubelet-serving/component.ts'
import { networkImages } from '../components/network-images/component.ts'
import { labeledNode } from '../components/node/component.ts'
import { nodeDns } from '../components/node-dns/component.ts'
import { readiness } from '../components/readiness/component.ts'
import { sandboxImage } from '../components/sandbox-image/component.ts'
import { storage } from '../components/storage/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** A worker. Everything except the join itself is done before the cluster exists. */
export const worker: Workflow<ProvisionParams> = {
  id: 'worker',
  components: [
    kernel,
    storage,
    containerd,
    sandboxImage,
    networkImages,
    cniPlugins,
    kubelet,
    nodeDns,
    join,
    kubeletEndpoint,
    addOnImages,
    kubeletServing,
    labeledNode,
    readiness,
  ],
}
