import { type GoAddOn, kubernetesModules } from './go-add-on.ts'
import {
  ALSO_ON_MASTERS,
  account,
  alone,
  binding,
  LOCKED,
  namespace,
  READ,
  service,
  UNPRIVILEGED,
  workload,
} from './objects.ts'

const VERSION = 'v0.9.0'
const MODULE = 'sigs.k8s.io/metrics-server'
const IMAGE = `registry.k8s.io/metrics-server/metrics-server:${VERSION}`
const NAME = 'metrics-server'
const NAMESPACE = 'cantrip-metrics'
const SUBJECT = { kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }
const DEPLOYMENT = `apps/Deployment/${NAMESPACE}/${NAME}`

export const metricsServer: GoAddOn = {
  description: {
    format: 1,
    id: 'metrics-server',
    version: VERSION,
    slot: 'metrics',
    title: 'CPU and memory use of pods and nodes, for `kubectl top` and for autoscaling',
    requires: { slots: [], roles: [], kubernetes: '>=1.34' },
    values: {
      replicas: {
        title: 'number of pods',
        schema: { type: 'integer', minimum: 1, maximum: 5 },
        default: 1,
        sets: [{ object: DEPLOYMENT, pointer: '/spec/replicas' }],
      },
      resolution: {
        title: 'how often kubelets are asked',
        schema: { type: 'string', enum: ['10s', '15s', '30s', '60s'] },
        default: '15s',
        sets: [
          {
            object: DEPLOYMENT,
            pointer: '/spec/template/spec/containers/0/args/0',
            text: '--metric-resolution={}',
          },
        ],
      },
    },
    images: [],
    ports: [],
    hostPaths: [],
  },
  objects: [
    namespace(NAMESPACE, 'restricted'),
    ...account(NAME, NAMESPACE, [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: READ },
    ]),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: 'system:aggregated-metrics-reader',
        labels: Object.fromEntries(
          ['view', 'edit', 'admin'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
        ),
      },
      rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: READ }],
    },
    // They let it ask the API server who its clients are, and whether they may.
    binding(
      'RoleBinding',
      { name: 'cantrip:metrics-server-auth-reader', namespace: 'kube-system' },
      { kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      SUBJECT,
    ),
    binding(
      'ClusterRoleBinding',
      { name: 'cantrip:metrics-server-auth-delegator' },
      { kind: 'ClusterRole', name: 'system:auth-delegator' },
      SUBJECT,
    ),
    service(NAME, NAMESPACE, [{ name: 'https', port: 443, targetPort: 'https' }]),
    workload({
      kind: 'Deployment',
      name: NAME,
      namespace: NAMESPACE,
      spec: { replicas: 1, strategy: { rollingUpdate: { maxUnavailable: 0 } } },
      pod: {
        serviceAccountName: NAME,
        securityContext: UNPRIVILEGED,
        tolerations: ALSO_ON_MASTERS,
        priorityClassName: 'system-cluster-critical',
        containers: [
          {
            name: NAME,
            image: IMAGE,
            imagePullPolicy: 'IfNotPresent',
            args: [
              '--metric-resolution=15s',
              '--cert-dir=/tmp',
              '--secure-port=10250',
              '--kubelet-preferred-address-types=InternalIP',
              '--kubelet-use-node-status-port',
              // The cluster issues the certificates of kubelets.
              '--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
            ],
            ports: [{ name: 'https', containerPort: 10250 }],
            readinessProbe: { httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' }, periodSeconds: 2 },
            livenessProbe: {
              httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' },
              periodSeconds: 10,
              failureThreshold: 3,
            },
            resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
            securityContext: LOCKED,
            volumeMounts: [{ name: 'certificates', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'certificates', emptyDir: {} }],
      },
    }),
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        service: { name: NAME, namespace: NAMESPACE },
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        // Its certificate is its own, and new with each start.
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ],
  components: (versions) => [
    {
      component: {
        id: 'metrics-server',
        version: VERSION,
        modules: { [MODULE]: VERSION },
        outputs: { 'metrics-server': `${MODULE}/cmd/metrics-server` },
        staging: kubernetesModules(versions),
      },
      seconds: 306,
    },
  ],
  images: async (_, binary) => [
    { name: IMAGE, layer: alone('/metrics-server', binary('metrics-server')), entrypoint: ['/metrics-server'] },
  ],
}
