import type { KubernetesObject } from '../../../../add-ons/objects.ts'
import { CONTAINER_LOGS, POD_LOGS } from '../../../../base/kubernetes-paths.ts'
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
  ROOT_WITHOUT_CAPABILITIES,
  service,
  UNPRIVILEGED,
  workload,
} from './objects.ts'
import { scraped } from './scrape.ts'
import { claimValues, retention } from './storage-values.ts'

const VERSION = 'v1.52.1'
const MODULE = 'github.com/VictoriaMetrics/VictoriaLogs'
const IMAGE = `docker.io/victoriametrics/victoria-logs:${VERSION}`
const AGENT_IMAGE = `docker.io/victoriametrics/vlagent:${VERSION}`

const NAME = 'victoria-logs'
const NAMESPACE = 'cantrip-logging'
const DATA = `${NAME}-data`
const AGENT = 'vlagent'
const AGENT_NAMESPACE = 'cantrip-log-collector'
const STATE = '/var/lib/cantrip-vlagent'
const PORT = 9428
const AGENT_PORT = 9429
const DEPLOYMENT = `apps/Deployment/${NAMESPACE}/${NAME}`

const server: KubernetesObject[] = [
  namespace(NAMESPACE, 'restricted'),
  claim(DATA, NAMESPACE, '10Gi'),
  service(NAME, NAMESPACE, [{ name: 'http', port: PORT, targetPort: 'http' }]),
  workload({
    kind: 'Deployment',
    name: NAME,
    namespace: NAMESPACE,
    spec: ONE_AFTER_THE_OTHER,
    annotations: scraped(PORT),
    pod: {
      automountServiceAccountToken: false,
      securityContext: UNPRIVILEGED,
      tolerations: ALSO_ON_MASTERS,
      containers: [
        {
          name: NAME,
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: ['-retentionPeriod=14d', '-retention.maxDiskSpaceUsageBytes=8GiB', '-storageDataPath=/data'],
          ports: [{ name: 'http', containerPort: PORT }],
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 2 },
          resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '512Mi' } },
          securityContext: LOCKED,
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: DATA } }],
    },
  }),
]

const collector: KubernetesObject[] = [
  // It reads the logs of containers from the disk of the node, where only root can read them.
  namespace(AGENT_NAMESPACE, 'privileged'),
  ...account(AGENT, AGENT_NAMESPACE, [{ apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'], verbs: READ }]),
  workload({
    kind: 'DaemonSet',
    name: AGENT,
    namespace: AGENT_NAMESPACE,
    annotations: scraped(AGENT_PORT),
    pod: {
      serviceAccountName: AGENT,
      securityContext: ROOT_WITHOUT_CAPABILITIES,
      tolerations: ON_EVERY_NODE,
      containers: [
        {
          name: AGENT,
          image: AGENT_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: [
            '-remoteWrite.maxDiskUsagePerURL=1GiB',
            '-kubernetesCollector',
            '-tmpDataPath=/state',
            `-remoteWrite.url=http://${NAME}.${NAMESPACE}.svc:${PORT}/insert/native`,
          ],
          ports: [{ name: 'http', containerPort: AGENT_PORT }],
          resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '256Mi' } },
          securityContext: LOCKED,
          volumeMounts: [
            // The first has links to the files in the second.
            { name: 'containers', mountPath: CONTAINER_LOGS, readOnly: true },
            { name: 'pods', mountPath: POD_LOGS, readOnly: true },
            { name: 'state', mountPath: '/state' },
          ],
        },
      ],
      volumes: [
        { name: 'containers', hostPath: { path: CONTAINER_LOGS } },
        { name: 'pods', hostPath: { path: POD_LOGS } },
        { name: 'state', hostPath: { path: STATE, type: 'DirectoryOrCreate' } },
      ],
    },
  }),
]

export const victoriaLogs: GoAddOn = {
  description: {
    format: 1,
    id: 'victoria-logs',
    version: VERSION,
    slot: 'logging',
    title: 'Logs of all containers, in VictoriaLogs, with its page vmui',
    requires: { slots: ['storage'], roles: [], kubernetes: '>=1.34' },
    values: {
      retention: retention(DEPLOYMENT, '/spec/template/spec/containers/0/args/0'),
      diskLimit: {
        title: 'disk space after which the oldest logs are removed; less than the size of the volume',
        schema: { type: 'string', pattern: '[1-9][0-9]{0,5}(MiB|GiB|TiB)' },
        default: '8GiB',
        sets: [
          {
            object: DEPLOYMENT,
            pointer: '/spec/template/spec/containers/0/args/1',
            text: '-retention.maxDiskSpaceUsageBytes={}',
          },
        ],
      },
      ...claimValues(`/PersistentVolumeClaim/${NAMESPACE}/${DATA}`, '10Gi'),
      bufferLimit: {
        title: 'disk space on each node for logs that cannot be delivered',
        schema: { type: 'string', pattern: '[1-9][0-9]{0,5}(MiB|GiB)' },
        default: '1GiB',
        sets: [
          {
            object: `apps/DaemonSet/${AGENT_NAMESPACE}/${AGENT}`,
            pointer: '/spec/template/spec/containers/0/args/0',
            text: '-remoteWrite.maxDiskUsagePerURL={}',
          },
        ],
      },
    },
    images: [],
    ports: [],
    hostPaths: [STATE],
  },
  objects: [...server, ...collector],
  components: () => [
    {
      component: {
        id: 'victoria-logs',
        version: VERSION,
        modules: { [MODULE]: VERSION },
        outputs: { 'victoria-logs': `${MODULE}/app/victoria-logs`, vlagent: `${MODULE}/app/vlagent` },
        variables: { 'github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version': `victoria-logs-${VERSION}` },
      },
      seconds: 28,
    },
  ],
  images: async (_, binary) => [
    { name: IMAGE, layer: alone('/victoria-logs-prod', binary('victoria-logs')), entrypoint: ['/victoria-logs-prod'] },
    { name: AGENT_IMAGE, layer: alone('/vlagent-prod', binary('vlagent')), entrypoint: ['/vlagent-prod'] },
  ],
}
