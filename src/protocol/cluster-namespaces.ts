export const OPERATOR_NAMESPACE = 'cantrip-system'

/** Namespaces of the cluster's own workloads. */
export const CLUSTER_NAMESPACES: readonly string[] = ['kube-system', 'kube-flannel', OPERATOR_NAMESPACE]
