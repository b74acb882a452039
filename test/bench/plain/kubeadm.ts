import { parse, stringify } from 'yaml'
import { testbedOverrides } from '../../support/testbed/testbed.ts'

/** One control plane with an external etcd on the same node, flannel's default pod network, and the overrides of the test bed. */
export function kubeadmConfiguration(address: string, kubernetesVersion: string): string {
  const overrides = testbedOverrides()
  const apiVersion = 'kubeadm.k8s.io/v1beta4'
  const documents = [
    {
      apiVersion,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address },
      nodeRegistration: {
        criSocket: 'unix:///run/containerd/containerd.sock',
        kubeletExtraArgs: [{ name: 'node-ip', value: address }],
        ...parse(overrides.kubeadm).nodeRegistration,
      },
    },
    {
      apiVersion,
      kind: 'ClusterConfiguration',
      kubernetesVersion,
      controlPlaneEndpoint: `${address}:6443`,
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
      etcd: { external: { endpoints: ['http://127.0.0.1:2379'] } },
    },
    parse(overrides.kubelet),
    parse(overrides['kube-proxy']),
  ]
  return documents.map((document) => stringify(document)).join('---\n')
}
