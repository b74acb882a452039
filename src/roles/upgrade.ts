import { addOnImages } from '../components/add-on-images/component.ts'
import { apiServerImages } from '../components/api-server-images/component.ts'
import { clusterConfig } from '../components/cluster-config/component.ts'
import { cniPlugins } from '../components/cni-plugins/component.ts'
import { containerd } from '../components/containerd/component.ts'
import { controllerImages } from '../components/controller-images/component.ts'
import { etcdMember } from '../components/etcd/component.ts'
import { startService } from '../components/etcd/steps.ts'
import { etcdSnapshot } from '../components/etcd-snapshot/component.ts'
import { exchangeMaster, exchangeWorker } from '../components/exchange/component.ts'
import { kubeadm, kubeadmOnly } from '../components/kubeadm/component.ts'
import { kubeletUnit } from '../components/kubelet/component.ts'
import { kubeletEndpoint } from '../components/kubelet-endpoint/component.ts'
import { kubeletServing } from '../components/kubelet-serving/component.ts'
import { networkImages } from '../components/network-images/component.ts'
import { labeledNode, node } from '../components/node/component.ts'
import { nodeDns } from '../components/node-dns/component.ts'
import { oldImages } from '../components/old-images/component.ts'
import { prefetch } from '../components/prefetch/component.ts'
import { readiness } from '../components/readiness/component.ts'
import { sandboxImage } from '../components/sandbox-image/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { inOrder } from './in-order.ts'

/**
 * A running master becomes what its parameters say. Everything that it needs is there before anything stops. The order is for
 * safety: etcd is saved first, and the API server is of the new version before its clients are.
 */
export const upgradeMaster: Workflow<ProvisionParams> = {
  id: 'upgrade',
  components: inOrder([
    oldImages,
    prefetch,
    apiServerImages,
    controllerImages,
    networkImages,
    addOnImages,
    etcdSnapshot,
    kubeadm,
    kubeletUnit,
    etcdMember,
    exchangeMaster(startService),
    clusterConfig,
    containerd,
    cniPlugins,
    nodeDns,
    node,
    readiness,
  ]),
}

/**
 * The same for a worker, after the masters: a kubelet is never newer than the API server. The node DNS comes first, because the
 * other steps use the API endpoint.
 */
export const upgradeWorker: Workflow<ProvisionParams> = {
  id: 'upgrade',
  components: inOrder([
    oldImages,
    prefetch,
    sandboxImage,
    networkImages,
    addOnImages,
    nodeDns,
    kubeletEndpoint,
    kubeadmOnly,
    kubeletUnit,
    exchangeWorker,
    kubeletServing,
    containerd,
    cniPlugins,
    labeledNode,
    readiness,
  ]),
}
