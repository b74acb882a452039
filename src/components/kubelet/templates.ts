import { BINARIES, CONTAINERD, KUBELET_STATE, KUBERNETES } from '../../base/kubernetes-paths.ts'

export function unit(): string {
  return `[Unit]
Description=kubelet: the Kubernetes node agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target ${CONTAINERD.unit}
After=network-online.target ${CONTAINERD.unit}

[Service]
ExecStart=${BINARIES}/kubelet
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
export function dropIn(): string {
  return `[Service]
Environment=KUBELET_KUBEADM_ARGS=
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=${BINARIES}/kubelet --bootstrap-kubeconfig=${KUBERNETES}/bootstrap-kubelet.conf --kubeconfig=${KUBERNETES}/kubelet.conf --config=${KUBELET_STATE}/config.yaml $KUBELET_KUBEADM_ARGS
`
}
