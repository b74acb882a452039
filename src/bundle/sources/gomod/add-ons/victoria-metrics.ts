import type { KubernetesObject } from '../../../../add-ons/objects.ts'
import type { GoAddOn } from './go-add-on.ts'
import {
  ALSO_ON_MASTERS,
  account,
  alone,
  claim,
  LOCKED,
  namespace,
  ON_EVERY_NODE,
  ONE_AFTER_THE_OTHER,
  READ,
  service,
  UNPRIVILEGED,
  workload,
} from './objects.ts'
import { SCRAPED, scraped } from './scrape.ts'
import { claimValues, retention } from './storage-values.ts'

const VERSION = 'v1.151.0'
const MODULE = 'github.com/VictoriaMetrics/VictoriaMetrics'
const IMAGE = `docker.io/victoriametrics/victoria-metrics:${VERSION}`
const EXPORTER_VERSION = 'v1.12.1'
const EXPORTER_MODULE = 'github.com/prometheus/node_exporter'
const EXPORTER_IMAGE = `quay.io/prometheus/node-exporter:${EXPORTER_VERSION}`

const NAME = 'victoria-metrics'
const NAMESPACE = 'cantrip-monitoring'
const DATA = `${NAME}-data`
const EXPORTER = 'node-exporter'
const EXPORTER_NAMESPACE = 'cantrip-node-exporter'
const PORT = 8428
const DEPLOYMENT = `apps/Deployment/${NAMESPACE}/${NAME}`

const server: KubernetesObject[] = [
  namespace(NAMESPACE, 'restricted'),
  ...account(NAME, NAMESPACE, [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: READ },
    { apiGroups: [''], resources: ['services', 'endpoints'], verbs: READ },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ]),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: NAMESPACE },
    // JSON is YAML.
    data: { 'scrape.yml': `${JSON.stringify(SCRAPED, undefined, 1)}\n` },
  },
  claim(DATA, NAMESPACE, '10Gi'),
  service(NAME, NAMESPACE, [{ name: 'http', port: PORT, targetPort: 'http' }]),
  workload({
    kind: 'Deployment',
    name: NAME,
    namespace: NAMESPACE,
    spec: ONE_AFTER_THE_OTHER,
    annotations: scraped(PORT),
    pod: {
      serviceAccountName: NAME,
      securityContext: UNPRIVILEGED,
      tolerations: ALSO_ON_MASTERS,
      containers: [
        {
          name: NAME,
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: [
            '-retentionPeriod=14d',
            '-storageDataPath=/data',
            '-promscrape.config=/etc/victoria-metrics/scrape.yml',
            '-promscrape.configCheckInterval=30s',
          ],
          ports: [{ name: 'http', containerPort: PORT }],
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 2 },
          resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '512Mi' } },
          securityContext: LOCKED,
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'configuration', mountPath: '/etc/victoria-metrics' },
          ],
        },
      ],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: DATA } },
        { name: 'configuration', configMap: { name: NAME } },
      ],
    },
  }),
]

const exporter: KubernetesObject[] = [
  // It uses the network of the node, and reads its file systems.
  namespace(EXPORTER_NAMESPACE, 'privileged'),
  workload({
    kind: 'DaemonSet',
    name: EXPORTER,
    namespace: EXPORTER_NAMESPACE,
    pod: {
      hostNetwork: true,
      automountServiceAccountToken: false,
      securityContext: UNPRIVILEGED,
      tolerations: ON_EVERY_NODE,
      containers: [
        {
          name: EXPORTER,
          image: EXPORTER_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: [
            '--path.rootfs=/host',
            '--path.procfs=/host/proc',
            '--path.sysfs=/host/sys',
            '--web.listen-address=[$(ADDRESS)]:9100',
          ],
          env: [{ name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
          ports: [{ name: 'http', containerPort: 9100 }],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '128Mi' } },
          securityContext: LOCKED,
          volumeMounts: [{ name: 'root', mountPath: '/host', readOnly: true, mountPropagation: 'HostToContainer' }],
        },
      ],
      volumes: [{ name: 'root', hostPath: { path: '/' } }],
    },
  }),
]

export const victoriaMetrics: GoAddOn = {
  description: {
    format: 1,
    id: 'victoria-metrics',
    version: VERSION,
    slot: 'monitoring',
    title: 'Metrics of nodes, pods and API servers, in VictoriaMetrics, with its page vmui',
    requires: { slots: ['storage'], roles: [], kubernetes: '>=1.34' },
    values: {
      retention: retention(DEPLOYMENT, '/spec/template/spec/containers/0/args/0'),
      memoryLimit: {
        title: 'memory limit of VictoriaMetrics',
        schema: { type: 'string', pattern: '[1-9][0-9]{0,5}(Mi|Gi)' },
        default: '512Mi',
        sets: [{ object: DEPLOYMENT, pointer: '/spec/template/spec/containers/0/resources/limits/memory' }],
      },
      ...claimValues(`/PersistentVolumeClaim/${NAMESPACE}/${DATA}`, '10Gi'),
    },
    images: [],
    ports: [{ protocol: 'tcp', port: 9100, on: 'each', reason: 'metrics of the node (node_exporter)' }],
    hostPaths: [],
  },
  objects: [...server, ...exporter],
  components: () => [
    {
      component: {
        id: 'victoria-metrics',
        version: VERSION,
        modules: { [MODULE]: VERSION },
        outputs: { 'victoria-metrics': `${MODULE}/app/victoria-metrics` },
        variables: { [`${MODULE}/lib/buildinfo.Version`]: `victoria-metrics-${VERSION}` },
      },
      seconds: 32,
    },
    {
      component: {
        id: 'node-exporter',
        version: EXPORTER_VERSION,
        modules: { [EXPORTER_MODULE]: EXPORTER_VERSION },
        outputs: { 'node-exporter': EXPORTER_MODULE },
        variables: { 'github.com/prometheus/common/version.Version': EXPORTER_VERSION.slice(1) },
      },
      seconds: 22,
    },
  ],
  images: async (_, binary) => [
    {
      name: IMAGE,
      layer: alone('/victoria-metrics-prod', binary('victoria-metrics')),
      entrypoint: ['/victoria-metrics-prod'],
    },
    {
      name: EXPORTER_IMAGE,
      layer: alone('/bin/node_exporter', binary('node-exporter')),
      entrypoint: ['/bin/node_exporter'],
    },
  ],
}
