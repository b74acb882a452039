import type { Layout } from '../../base/layout.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { splitHostPort } from '../../provision/api/endpoint.ts'
import { withKnownFlags } from '../../provision/kubeadm/kubelet-flags.ts'
import { KUBEADM_API, nodeRegistration } from '../../provision/kubeadm/node-registration.ts'
import { type Mapping, merge, readOverride } from '../../provision/kubeadm/overrides.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { ETCD_CLIENT, KUBEADM_PATCHES, KUBERNETES_PKI } from '../../provision/paths.ts'

const CONTROL_PLANE_TAINT = 'node-role.kubernetes.io/control-plane=:NoSchedule'

/** The documents of kubeadm's configuration, with the cluster's overrides merged over each. */
export async function configuration(layout: Layout, params: Joining): Promise<Mapping[]> {
  const { overrides } = params.cluster
  const documents = [
    initConfiguration(layout, params),
    clusterConfiguration(params),
    kubeletConfiguration(params),
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' },
  ]
  const changes = [
    ...(await kubeadmChanges(params)),
    ...(await readOverride('kubelet', overrides.kubelet)),
    ...(await readOverride('kube-proxy', overrides['kube-proxy'])),
  ]
  const changed = (document: Mapping) =>
    changes.filter((change) => change.kind === document.kind).reduce<Mapping>(merge, document)
  // An override of the kubelet may have another certificate, which the API server cannot verify.
  const { serverTLSBootstrap, tlsCertFile } = changed(kubeletConfiguration(params))
  const isVerified = serverTLSBootstrap === true && tlsCertFile === undefined
  if (params.cluster.kubeletCertificates === 'verified' && isVerified)
    changes.unshift({ kind: 'ClusterConfiguration', apiServer: { extraArgs: [VERIFY_KUBELETS] } })
  return documents.map((document) => withKnownFlags(changed(document), params))
}

const VERIFY_KUBELETS = { name: 'kubelet-certificate-authority', value: `${KUBERNETES_PKI}/ca.crt` }

/**
 * After SIGTERM the API server serves on, but is not ready: the node DNS notices within 3 s. Also with one master, so that a cluster
 * that grows does not have to restart its API server.
 */
const LEAVE = { name: 'shutdown-delay-duration', value: '5s' }

function kubeletConfiguration({ cluster }: NodeParams): Mapping {
  return {
    ...{ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', cgroupDriver: 'systemd' },
    ...(cluster.kubeletCertificates && { serverTLSBootstrap: true }),
  }
}

type Joining = NodeParams & { task?: ProvisionParams['task'] }

/** A further master is also set up by phases of `kubeadm init`: an override of the JoinConfiguration applies to it as well. */
async function kubeadmChanges({ cluster, task }: Joining): Promise<Mapping[]> {
  const changes = await readOverride('kubeadm', cluster.overrides.kubeadm)
  if (task === undefined || task === 'first-master') return changes
  return changes.map(({ kind, nodeRegistration, ...rest }) => {
    if (kind !== 'JoinConfiguration') return { kind, nodeRegistration, ...rest }
    return { kind: 'InitConfiguration', nodeRegistration }
  })
}

function initConfiguration(layout: Layout, { node, cluster }: NodeParams): Mapping {
  return {
    apiVersion: KUBEADM_API,
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: node.address },
    // kubeadm always creates a token. It is not used: each joining node gets its own token.
    bootstrapTokens: [{ ttl: '1m0s', description: 'made by kubeadm init, not used' }],
    nodeRegistration: {
      ...nodeRegistration(layout, { node, cluster }, [
        // kubeadm taints the node only after the API server is up; pods could be scheduled before.
        ...(cluster.dedicatedMasters ? [{ name: 'register-with-taints', value: CONTROL_PLANE_TAINT }] : []),
      ]),
      // Absent means kubeadm's default, the control-plane taint.
      ...(!cluster.dedicatedMasters && { taints: [] }),
    },
    patches: { directory: KUBEADM_PATCHES },
  }
}

function clusterConfiguration({ node, cluster }: NodeParams): Mapping {
  const { host: endpointHost } = splitHostPort(cluster.endpoint)
  const ownNames = [node.name, node.address, endpointHost, 'localhost', '127.0.0.1']
  return {
    apiVersion: KUBEADM_API,
    kind: 'ClusterConfiguration',
    clusterName: cluster.name,
    kubernetesVersion: cluster.kubernetesVersion,
    controlPlaneEndpoint: cluster.endpoint,
    networking: { podSubnet: cluster.podSubnet, serviceSubnet: cluster.serviceSubnet },
    // Created in milliseconds; RSA takes seconds on a small machine.
    encryptionAlgorithm: 'ECDSA-P256',
    apiServer: { certSANs: [...new Set([...ownNames, ...(cluster.certSANs ?? [])])], extraArgs: [LEAVE] },
    // Each of 40 controllers requests a token when it starts: with the default of 20 requests per second that takes 5 s.
    controllerManager: {
      extraArgs: [
        { name: 'kube-api-qps', value: '100' },
        { name: 'kube-api-burst', value: '200' },
      ],
    },
    etcd: {
      external: {
        endpoints: ['https://127.0.0.1:2379'],
        caFile: ETCD_CLIENT.ca,
        certFile: ETCD_CLIENT.certificate,
        keyFile: ETCD_CLIENT.key,
      },
    },
  }
}
