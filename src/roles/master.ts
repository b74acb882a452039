import { apiServer } from '../components/api-server/component.ts'
import { apiServerImages } from '../components/api-server-images/component.ts'
import { cniPlugins } from '../components/cni-plugins/component.ts'
import { containerd } from '../components/containerd/component.ts'
import { controllerImages } from '../components/controller-images/component.ts'
import { controllers } from '../components/controllers/component.ts'
import { etcd } from '../components/etcd/component.ts'
import { etcdBackup } from '../components/etcd-backup/component.ts'
import { kernel } from '../components/kernel/component.ts'
import { kubeadm } from '../components/kubeadm/component.ts'
import { kubelet } from '../components/kubelet/component.ts'
import { kubeletServing } from '../components/kubelet-serving/component.ts'
import { networkImages } from '../components/network-images/component.ts'
import { node } from '../components/node/component.ts'
import { nodeDns } from '../components/node-dns/component.ts'
import { preflight } from '../components/preflight/component.ts'
import { readiness } from '../components/readiness/component.ts'
import { sharedKeys } from '../components/shared-keys/component.ts'
import { storage } from '../components/storage/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** A further master. It is set up like the first one, with the shared CA keys; the objects in the cluster already exist. */
export const master: Workflow<ProvisionParams> = {
  id: 'master',
  components: [
    kernel,
    storage,
    containerd,
    apiServerImages,
    controllerImages,
    networkImages,
    cniPlugins,
    nodeDns,
    sharedKeys,
    etcd,
    etcdBackup,
    kubeadm,
    kubelet,
    preflight,
    apiServer,
    controllers,
    node,
    kubeletServing,
    readiness,
  ],
}
