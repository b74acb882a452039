import { programs } from '../../../make/libraries.ts'
import { type GoAddOn, kubernetesModules } from './go-add-on.ts'
import { ALSO_ON_MASTERS, account, binding, LOCKED, namespace, READ, UNPRIVILEGED, workload } from './objects.ts'

const VERSION = 'v0.0.30'
const MODULE = 'github.com/rancher/local-path-provisioner'
const IMAGE = `docker.io/rancher/local-path-provisioner:${VERSION}`
const NAMESPACE = 'cantrip-storage'
const NAME = 'local-path'
const PATH = '/usr/bin/local-path-provisioner'

/** It starts a pod on the node of the volume, which makes its directory or removes it. */
const HELPER_POD = `apiVersion: v1
kind: Pod
metadata:
  name: helper-pod
spec:
  priorityClassName: system-node-critical
  tolerations:
    - operator: Exists
  automountServiceAccountToken: false
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: helper-pod
      image: ${IMAGE}
      imagePullPolicy: IfNotPresent
      resources:
        requests:
          cpu: 10m
          memory: 16Mi
`

const inPath = (path: string) =>
  `${JSON.stringify({ nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [path] }] })}\n`

const CONFIGURATION = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `${NAME}-config`, namespace: NAMESPACE },
  data: {
    'config.json': inPath('/var/lib/cantrip-volumes'),
    setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
    teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
    'helperPod.yaml': HELPER_POD,
  },
}

export const localPath: GoAddOn = {
  description: {
    format: 1,
    id: 'local-path',
    version: VERSION,
    slot: 'storage',
    title: 'Volumes on the disks of nodes, and the default storage class `local`',
    requires: { slots: [], roles: [], kubernetes: '>=1.34' },
    values: {
      path: {
        title: 'directory on each node in which volumes are made',
        schema: { type: 'string', pattern: '/[A-Za-z0-9_-]{1,60}/[A-Za-z0-9_/-]{1,120}', maxLength: 200 },
        default: '/var/lib/cantrip-volumes',
        sets: [{ object: `/ConfigMap/${NAMESPACE}/${NAME}-config`, pointer: '/data/config.json', text: inPath('{}') }],
      },
    },
    images: [IMAGE],
    ports: [],
    hostPaths: ['/var/lib/cantrip-volumes'],
  },
  objects: [
    // The helper pods mount a directory of the node.
    namespace(NAMESPACE, 'privileged'),
    ...account(NAME, NAMESPACE, [
      { apiGroups: [''], resources: ['nodes', 'persistentvolumeclaims'], verbs: READ },
      {
        apiGroups: [''],
        resources: ['persistentvolumes'],
        verbs: [...READ, 'create', 'patch', 'update', 'delete'],
      },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: READ },
    ]),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: NAME, namespace: NAMESPACE },
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: [...READ, 'create', 'patch', 'update', 'delete'] },
        { apiGroups: [''], resources: ['pods/log', 'configmaps'], verbs: READ },
      ],
    },
    binding(
      'RoleBinding',
      { name: NAME, namespace: NAMESPACE },
      { kind: 'Role', name: NAME },
      {
        kind: 'ServiceAccount',
        name: NAME,
        namespace: NAMESPACE,
      },
    ),
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: 'local',
        // Volumes of the type `local` belong to a node; those of the default type are paths, which any node could have.
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true', defaultVolumeType: 'local' },
      },
      provisioner: 'rancher.io/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
    },
    CONFIGURATION,
    workload({
      kind: 'Deployment',
      name: NAME,
      namespace: NAMESPACE,
      spec: { replicas: 1 },
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
            command: [PATH, 'start', '--config', '/etc/config/config.json', '--service-account-name', NAME],
            env: [
              { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
              { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' },
            ],
            resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
            securityContext: LOCKED,
            volumeMounts: [{ name: 'config', mountPath: '/etc/config/' }],
          },
        ],
        volumes: [{ name: 'config', configMap: { name: `${NAME}-config` } }],
      },
    }),
  ],
  components: (versions) => [
    {
      component: {
        id: 'local-path-provisioner',
        version: VERSION,
        modules: { [MODULE]: VERSION },
        outputs: { 'local-path-provisioner': MODULE },
        variables: { 'main.VERSION': VERSION },
        staging: kubernetesModules(versions),
      },
      seconds: 43,
    },
  ],
  async images(base, binary) {
    const shell = await programs(base, ['/bin/sh', '/bin/mkdir', '/bin/rm'])
    return [
      {
        name: IMAGE,
        layer: new Map([...shell, ['/tmp', { directory: 0o1777 }], [PATH, { file: binary('local-path-provisioner') }]]),
        entrypoint: [PATH],
      },
    ]
  },
}
