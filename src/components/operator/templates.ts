import { OPERATOR_NAMESPACE } from '../../protocol/cluster-namespaces.ts'
import type { ProvisionParams } from '../../provision/params.ts'

export const IDENTITY_ANNOTATION = 'cantrip.local/manifest'
const NAME = 'operator'
const LABELS = { 'app.kubernetes.io/name': 'cantrip-operator' }
const RBAC = 'rbac.authorization.k8s.io'
const CERTIFICATES = 'certificates.k8s.io'
/** Any user except root. */
const USER = 65_532

export interface OperatorSettings {
  image: string
  controller: ProvisionParams['controller']
  /** PEM. */
  certificate: string
  /** Changes whenever one of the other settings changes. */
  identity: string
}

/** All objects of the operator as one List. The Deployment is last: if it exists, all others exist. */
export function manifest(settings: OperatorSettings, key: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(settings, key) })
}

/** The API path of each object of the manifest, in its order. */
export function objectPaths(settings: OperatorSettings): string[] {
  return objects(settings, '').map(({ apiVersion, kind, metadata }) => {
    const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    const namespace = 'namespace' in metadata ? `/namespaces/${metadata.namespace}` : ''
    return `${group}${namespace}/${kind.toLowerCase()}s/${metadata.name}`
  })
}

function objects(settings: OperatorSettings, key: string) {
  const { ca: _, ...controller } = settings.controller
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
      rules: [
        { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [CERTIFICATES], resources: ['certificatesigningrequests'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [CERTIFICATES], resources: ['certificatesigningrequests/approval'], verbs: ['patch'] },
        // Of this signer alone.
        {
          ...{ apiGroups: [CERTIFICATES], resources: ['signers'], verbs: ['approve'] },
          resourceNames: ['kubernetes.io/kubelet-serving'],
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cantrip-operator', labels: LABELS },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cantrip-operator' },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: OPERATOR_NAMESPACE }],
    },
    // For the certificate that the operator renews itself.
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: [NAME], verbs: ['patch'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: OPERATOR_NAMESPACE }],
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      stringData: {
        'controller.json': JSON.stringify(controller),
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
      // The annotation changes with the certificate, which replaces the pod.
      template: { metadata: { labels: LABELS, annotations }, spec: podSpec(image) },
    },
  }
}

/** Dedicated masters and nodes under pressure are tolerated; cordoned nodes are not. */
const TOLERATED_TAINTS = [
  'node-role.kubernetes.io/control-plane',
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/pid-pressure',
].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }))

/** The pod moves away from a lost node after 30 s; the default of Kubernetes is 300 s. */
const SHORT_TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
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
    // The kubelet does not evict pods of this priority, and starts them under pressure: the operator reports that pressure.
    priorityClassName: 'system-cluster-critical',
    tolerations: [...TOLERATED_TAINTS, ...SHORT_TOLERATIONS],
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
