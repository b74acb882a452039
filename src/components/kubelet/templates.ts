import { CONTAINERD, KUBELET_STATE, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'

export function unit({ binaries }: Layout): string {
  return `[Unit]
Description=kubelet: the Kubernetes node agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target ${CONTAINERD.unit}
After=network-online.target ${CONTAINERD.unit}

[Service]
ExecStart=${binaries}/kubelet
Restart=always
StartLimitInterval=0
RestartSec=2

[Install]
WantedBy=multi-user.target
`
}

/**
 * Equals the drop-in of kubeadm's packages, as later kubeadm commands expect, except that it reads no settings of another
 * Kubernetes: no /etc/default/kubelet, and no KUBELET_KUBEADM_ARGS from the environment of all services.
 */
export function dropIn({ binaries }: Layout): string {
  return `[Service]
Environment=KUBELET_KUBEADM_ARGS=
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=${binaries}/kubelet --bootstrap-kubeconfig=${KUBERNETES}/bootstrap-kubelet.conf --kubeconfig=${KUBERNETES}/kubelet.conf --config=${KUBELET_STATE}/config.yaml $KUBELET_KUBEADM_ARGS
`
}
