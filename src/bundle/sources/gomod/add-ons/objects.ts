import type { KubernetesObject } from '../../../../add-ons/objects.ts'
import type { Rule } from '../../../../add-ons/rights.ts'

/** The narrowest level of Pod Security that the pods of a namespace allow. */
type Level = 'restricted' | 'baseline' | 'privileged'

export function namespace(name: string, level: Level): KubernetesObject {
  const labels = { 'pod-security.kubernetes.io/enforce': level }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

const RBAC = 'rbac.authorization.k8s.io'

/** A service account with these rights in the whole cluster. */
export function account(name: string, inNamespace: string, rules: Rule[]): KubernetesObject[] {
  const apiVersion = `${RBAC}/v1`
  const role = `cantrip:${name}`
  const subject = { kind: 'ServiceAccount', name, namespace: inNamespace }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: inNamespace } },
    { apiVersion, kind: 'ClusterRole', metadata: { name: role }, rules },
    binding('ClusterRoleBinding', { name: role }, { kind: 'ClusterRole', name: role }, subject),
  ]
}

export interface Subject {
  kind: string
  name: string
  namespace: string
}

export function binding(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  metadata: { name: string; namespace?: string },
  role: { kind: string; name: string },
  subject: Subject,
): KubernetesObject {
  return { apiVersion: `${RBAC}/v1`, kind, metadata, roleRef: { apiGroup: RBAC, ...role }, subjects: [subject] }
}

export const READ = ['get', 'list', 'watch']

/** Of the container of a restricted pod. */
export const LOCKED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const

const SECCOMP = { seccompProfile: { type: 'RuntimeDefault' } } as const

/** Of a pod that runs as no user of the node. */
export const UNPRIVILEGED = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  fsGroup: 65532,
  ...SECCOMP,
} as const

/** Of a pod that reads files of the node that only root can read, without any capability of root. */
export const ROOT_WITHOUT_CAPABILITIES = { runAsUser: 0, runAsGroup: 0, ...SECCOMP } as const

/** A pod that runs anywhere, also where there are only masters. */
export const ALSO_ON_MASTERS = [
  { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
]
/** A pod of every node, whatever its taints are. */
export const ON_EVERY_NODE = [{ operator: 'Exists' }]

interface Workload {
  kind: 'Deployment' | 'DaemonSet'
  name: string
  namespace: string
  /** Of Deployments and DaemonSets: beside selector and template. */
  spec?: Record<string, unknown>
  annotations?: Record<string, string>
  pod: Record<string, unknown>
}

export function workload({ kind, name, namespace: inNamespace, spec, annotations, pod }: Workload): KubernetesObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: inNamespace, labels },
    spec: {
      ...spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels, ...(annotations && { annotations }) }, spec: pod },
    },
  }
}

/** One pod, which is stopped before its successor starts: both would write to the same volume. */
export const ONE_AFTER_THE_OTHER = { replicas: 1, strategy: { type: 'Recreate' } } as const

export function service(name: string, inNamespace: string, ports: Record<string, unknown>[]): KubernetesObject {
  const spec = { selector: { app: name }, ports }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: inNamespace, labels: { app: name } }, spec }
}

/** The claim of a volume of one pod. */
export function claim(name: string, inNamespace: string, size: string): KubernetesObject {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'local', resources: { requests: { storage: size } } }
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: inNamespace }, spec }
}

/** The program of an image that has nothing but it. */
export const alone = (path: string, file: string) =>
  new Map([
    [path, { file }],
    ['/tmp', { directory: 0o1777 }],
  ])
