import { clusterConfig } from '../components/cluster-config/component.ts'
import { cni } from '../components/cni/component.ts'
import { coredns } from '../components/coredns/component.ts'
import { kubeProxy } from '../components/kube-proxy/component.ts'
import { kubeadm } from '../components/kubeadm/component.ts'
import { operator } from '../components/operator/component.ts'
import { operatorCertificate } from '../components/operator-certificate/component.ts'
import { readiness } from '../components/readiness/component.ts'
import { rollout } from '../components/rollout/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { inOrder } from './in-order.ts'

/**
 * The objects of the cluster become what the parameters say, from one master. Their pods run on all nodes, and no node pulls an
 * image: so every node has the images of the bundle before.
 */
export const addOns: Workflow<ProvisionParams> = {
  id: 'add-ons',
  components: inOrder([
    kubeadm,
    clusterConfig,
    kubeProxy,
    cni,
    coredns,
    operatorCertificate,
    operator,
    rollout,
    readiness,
  ]),
}
