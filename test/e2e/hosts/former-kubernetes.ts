import { fails, type Host, warns } from './host.ts'

/** Hosts with parts or settings of an earlier Kubernetes. */
export const FORMER_KUBERNETES: readonly Host[] = [
  {
    host: 'a kubelet that runs',
    make: 'PROGRAM /usr/bin/kubelet',
    found: /\/usr\/bin\/kubelet/,
    ...fails('previous-kubernetes', 'foreign-configuration'),
  },
  {
    host: 'manifests of a former control plane',
    make: 'mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/manifests/etcd.yaml',
    restore: 'rm -r /etc/kubernetes',
    ...fails('previous-kubernetes'),
  },
  {
    host: 'rules of a former cluster',
    make: 'iptables -N KUBE-FIREWALL; iptables -I INPUT -j KUBE-FIREWALL; iptables -t nat -N CNI-HOSTPORT-DNAT',
    restore: 'nft flush ruleset',
    found: /KUBE-FIREWALL|CNI-HOSTPORT-DNAT/,
    ...fails('previous-kubernetes'),
  },
  {
    host: 'the agent of a Rancher cluster',
    make: 'PROGRAM /usr/local/bin/rancher-system-agent',
    ...fails('previous-kubernetes'),
  },
  {
    host: '/etc/default/kubelet of a former kubelet',
    make: "PUT /etc/default/kubelet <<< 'KUBELET_EXTRA_ARGS=--network-plugin=cni'",
    ...warns('foreign-configuration'),
  },
  {
    host: 'a drop-in file of a former kubelet',
    make: "printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/kubelet --config /etc/old.yaml\\n' | PUT /etc/systemd/system/kubelet.service.d/20-site.conf",
    restore: 'rm -r /etc/systemd/system/kubelet.service.d',
    ...fails('foreign-configuration'),
  },
  {
    host: 'a CNI configuration that sorts before the one of Cantrip',
    make: `PUT /etc/cni/net.d/10-containerd-net.conflist <<< '{"cniVersion":"1.0.0","name":"containerd-net","plugins":[{"type":"bridge","bridge":"cni0","ipam":{"type":"host-local"}}]}'`,
    ...fails('foreign-configuration'),
  },
]
