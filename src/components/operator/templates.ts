import { OPERATOR_NAMESPACE } from '../../protocol/cluster-namespaces.ts'

export const IDENTITY_ANNOTATION = 'cantrip.local/manifest'
const NAME = 'operator'
const LABELS = { 'app.kubernetes.io/name': 'cantrip-operator' }
const RBAC = 'rbac.authorization.k8s.io'
/** Nobody in particular, but not root. */
const USER = 65_532

export interface OperatorSettings {
  image: string
  controller: { urls: readonly string[]; ca: string }
  /** PEM. */
  certificate: string
  /** Changes whenever one of the above does. */
  identity: string
}

/** All of the operator as one list, the Deployment last: when that is there, so is the rest. */
export function manifest(settings: OperatorSettings, key: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(settings, key) })
}

/** Where the API has each object of the manifest, in its order. */
export function objectPaths(settings: OperatorSettings): string[] {
  return objects(settings, '').map(({ apiVersion, kind, metadata }) => {
    const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    const namespace = 'namespace' in metadata ? `/namespaces/${metadata.namespace}` : ''
    return `${group}${namespace}/${kind.toLowerCase()}s/${metadata.name}`
  })
}

function objects(settings: OperatorSettings, key: string) {
  const metadata = { name: NAME, namespace: OPERATOR_NAMESPACE, labels: LABELS }
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: OPERATOR_NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'cantrip-operator', labels: LABELS },
      rules: [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cantrip-operator', labels: LABELS },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cantrip-operator' },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: OPERATOR_NAMESPACE }],
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      stringData: {
        'controller.json': JSON.stringify({ urls: settings.controller.urls }),
        'ca.crt': settings.controller.ca,
        'tls.crt': settings.certificate,
        'tls.key': key,
      },
    },
    deployment(settings),
  ]
}

function deployment({ image, identity }: OperatorSettings) {
  const annotations = { [IDENTITY_ANNOTATION]: identity }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: OPERATOR_NAMESPACE, labels: LABELS, annotations },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: LABELS },
      // With the annotation a new certificate brings a new pod.
      template: { metadata: { labels: LABELS, annotations }, spec: podSpec(image) },
    },
  }
}

/** Masters that are dedicated, and nodes under pressure. A node that is cordoned is left to whoever cordoned it. */
const WHERE_TAINTED = [
  'node-role.kubernetes.io/control-plane',
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/pid-pressure',
].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }))

/** It goes elsewhere from a node that is lost; by default Kubernetes waits 300 s. */
const LEAVES_SOON = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 30,
}))

function podSpec(image: string) {
  return {
    serviceAccountName: NAME,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    // Kubelet evicts no pod of this priority, and starts it under pressure: it tells of that pressure.
    priorityClassName: 'system-cluster-critical',
    tolerations: [...WHERE_TAINTED, ...LEAVES_SOON],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: NAME,
        image,
        imagePullPolicy: 'Never',
        args: ['operator'],
        resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'controller', mountPath: '/etc/cantrip-operator', readOnly: true }],
      },
    ],
    volumes: [{ name: 'controller', secret: { secretName: NAME, defaultMode: 0o440 } }],
  }
}
