import { addOnImages } from '../components/add-on-images/component.ts'
import { apiServer } from '../components/api-server/component.ts'
import { apiServerImages } from '../components/api-server-images/component.ts'
import { clusterConfig } from '../components/cluster-config/component.ts'
import { cni } from '../components/cni/component.ts'
import { cniPlugins } from '../components/cni-plugins/component.ts'
import { containerd } from '../components/containerd/component.ts'
import { controllerImages } from '../components/controller-images/component.ts'
import { controllers } from '../components/controllers/component.ts'
import { coredns } from '../components/coredns/component.ts'
import { etcd } from '../components/etcd/component.ts'
import { etcdBackup } from '../components/etcd-backup/component.ts'
import { kernel } from '../components/kernel/component.ts'
import { kubeProxy } from '../components/kube-proxy/component.ts'
import { kubeadm } from '../components/kubeadm/component.ts'
import { kubelet } from '../components/kubelet/component.ts'
import { kubeletServing } from '../components/kubelet-serving/component.ts'
import { networkImages } from '../components/network-images/component.ts'
import { node } from '../components/node/component.ts'
import { nodeDns } from '../components/node-dns/component.ts'
import { operator } from '../components/operator/component.ts'
import { operatorCertificate } from '../components/operator-certificate/component.ts'
import { preflight } from '../components/preflight/component.ts'
import { readiness } from '../components/readiness/component.ts'
import { storage } from '../components/storage/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** The first master of a cluster. The order is for the reader; each component declares what it depends on. */
export const firstMaster: Workflow<ProvisionParams> = {
  id: 'first-master',
  components: [
    kernel,
    storage,
    containerd,
    apiServerImages,
    controllerImages,
    networkImages,
    etcd,
    etcdBackup,
    kubeadm,
    kubelet,
    cniPlugins,
    nodeDns,
    preflight,
    apiServer,
    controllers,
    addOnImages,
    node,
    clusterConfig,
    kubeProxy,
    cni,
    coredns,
    operatorCertificate,
    operator,
    kubeletServing,
    readiness,
  ],
}
