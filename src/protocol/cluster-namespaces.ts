export const OPERATOR_NAMESPACE = 'cantrip-system'

/** Namespaces of what a cluster itself is made of; what people run in others is theirs to look after. */
export const CLUSTER_NAMESPACES: readonly string[] = ['kube-system', 'kube-flannel', OPERATOR_NAMESPACE]
