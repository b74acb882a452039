#!/bin/bash
# bring-up.sh DIRECTORY: sets up one control plane as a careful administrator would script it, one step after another.
# Runs in the node. DIRECTORY holds binaries/, cni-plugins/, images/*.tar, cni.yaml, kubeadm.yaml, containerd.toml.
# Prints one line per step, "SECONDS STEP", and finally the total seconds.
set -euo pipefail
directory=$1
began=$EPOCHREALTIME
elapsed() { awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $began }"; }
lap() { echo "$(elapsed) $*"; }

mkdir -p /opt/cni/bin /etc/cni/net.d /etc/containerd /etc/kubernetes/manifests
cp "$directory"/binaries/* /usr/local/bin/
cp "$directory"/cni-plugins/* /opt/cni/bin/
lap 'binaries copied'

cat >/etc/containerd/config.toml <<END
version = 3
imports = ['$directory/containerd.toml']

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$(grep -o 'registry.k8s.io/pause:[^"]*' "$directory/images.txt")'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
    SystemdCgroup = true
END
cat >/etc/systemd/system/containerd.service <<'END'
[Service]
Type=notify
ExecStart=/usr/local/bin/containerd
Delegate=yes
KillMode=process
Restart=always
LimitNOFILE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/etcd.service <<'END'
[Service]
Type=notify
ExecStart=/usr/local/bin/etcd --name %H --data-dir /var/lib/etcd \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster %H=http://127.0.0.1:2380
Restart=always

[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/kubelet.service <<'END'
[Service]
Environment="KUBECONFIGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBECONFIGS --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
END
modprobe -a -q overlay br_netfilter vxlan || true # they may be built into the kernel
printf 'net.ipv4.ip_forward=1\nnet.bridge.bridge-nf-call-iptables=1\n' >/etc/sysctl.d/99-kubernetes.conf
sysctl -q --load=/etc/sysctl.d/99-kubernetes.conf || true # kubeadm reports missing parameters
systemctl daemon-reload
systemctl enable -q --now containerd etcd kubelet
lap 'services started'

for image in "$directory"/images/*.tar; do
  ctr -n k8s.io images import --local "$image" >/dev/null
done
lap 'images imported'

kubeadm init --config "$directory/kubeadm.yaml" >/var/log/kubeadm.log 2>&1 || {
  tail -40 /var/log/kubeadm.log >&2
  exit 1
}
lap 'kubeadm init'

export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl apply -f "$directory/cni.yaml" >/dev/null
kubectl taint nodes --all node-role.kubernetes.io/control-plane- >/dev/null
kubectl wait --for=condition=Ready node --all --timeout=300s >/dev/null
lap 'node Ready'
kubectl wait --for=condition=Ready pod --all --all-namespaces --timeout=300s >/dev/null
lap 'all pods Ready'
elapsed
echo
