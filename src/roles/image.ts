import { installPlugins } from '../components/cni-plugins/component.ts'
import { installContainerd } from '../components/containerd/component.ts'
import { installEtcd } from '../components/etcd/component.ts'
import { installEtcdutl } from '../components/etcd-backup/component.ts'
import { installKubeadm } from '../components/kubeadm/component.ts'
import { installKubelet } from '../components/kubelet/component.ts'
import { installCoredns } from '../components/node-dns/component.ts'
import type { Step } from '../engine/step.ts'
import type { OfBundle } from '../provision/steps/install-step.ts'

/** The steps of nodes, whatever their role, whose results can be part of an image: they need nothing but a bundle. */
export const imageSteps: readonly Step<OfBundle>[] = [
  installContainerd,
  installKubeadm,
  installKubelet,
  installEtcd,
  installEtcdutl,
  installCoredns,
  installPlugins('flannel'),
]
