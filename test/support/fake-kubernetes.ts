import { createHash } from 'node:crypto'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, type Layout, STANDARD } from '../../src/base/layout.ts'
import type { BundleFile, BundleManifest } from '../../src/bundle/format.ts'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import type { Component, StepContext } from '../../src/engine/step.ts'
import { listAdded, listLabelled, listPinnedWithDigests, PIN } from '../../src/host/containerd/pinned-images.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { readCsr } from '../../src/pki/csr.ts'
import type { ProvisionParams } from '../../src/provision/params.ts'
import { KUBELET_IDENTITY } from '../../src/provision/paths.ts'
import { type FakeHost, fakeHost } from './fake-host.ts'
import { KUBE_PROXY, NODE, READY, runKubeadm } from './fake-kubeadm.ts'
import { FLANNEL_MANIFEST } from './fixtures/flannel-manifest.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const authority = createCa({ commonName: 'test', days: 3650, now: NOW })

export interface FakeKubernetes {
  host: FakeHost
  params: ProvisionParams
  /** Objects of the cluster by their API path. */
  objects: Map<string, unknown>
  /** Images of containerd by name, and whether each is pinned. */
  images: Map<string, boolean>
  /** Paths of the drop-in files that systemd has loaded. */
  dropIns: string[]
  /** The standard input of each kubectl command that had one. */
  inputs: string[]
}

/** A machine whose kubeadm, containerd, kubelet and API server do only what the steps check. */
export function fakeKubernetes(
  cluster: Partial<ProvisionParams['cluster']> = {},
  layout: Layout = STANDARD,
): FakeKubernetes {
  const host = fakeHost({
    layout,
    now: NOW,
    hostname: 'n1',
    directories: ['/run/systemd/system'],
    files: {
      '/etc/hosts': '127.0.0.1 localhost\n',
      '/proc/filesystems': 'nodev\toverlay\n\text4\n',
      '/proc/uptime': '1000.00 1.00\n',
    },
    sysctls: {
      'net.ipv4.ip_forward': '0',
      'net.bridge.bridge-nf-call-iptables': '0',
      'net.bridge.bridge-nf-call-ip6tables': '0',
      'vm.overcommit_memory': '0',
    },
  })
  const fake: FakeKubernetes = {
    host,
    params: fakeParams(cluster, layout, () => host.now()),
    objects: new Map(),
    images: new Map(),
    dropIns: [],
    inputs: [],
  }
  answerCommands(fake)
  host.network.onRequest('https://10.0.0.5:6443/', (url, { method, body }) => {
    if (method === 'PATCH') patchObject(fake, new URL(url).pathname, String(body))
    return answerApi(fake, new URL(url))
  })
  host.network.onRequest('http://127.0.0.1:10249/metrics', () =>
    fake.objects.has(KUBE_PROXY) ? { status: 200, body: RULES_WRITTEN } : { status: 503 },
  )
  host.network.onRequest('https://10.43.0.1:443/', () => ({ status: fake.objects.has(KUBE_PROXY) ? 200 : 503 }))
  return fake
}

/** Of kube-proxy's metrics. */
export const RULES_WRITTEN =
  'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 1.7960569120656598e+09\n'

export async function runComponent(
  component: Component<ProvisionParams>,
  { host, params }: FakeKubernetes,
): Promise<string[]> {
  const applied: string[] = []
  for (const step of component.steps(params)) {
    if (await step.isDone(host, params)) continue
    await step.apply(host, params, context)
    if (!(await step.isDone(host, params))) throw new Error(`${step.id} did not make its result`)
    applied.push(step.id)
  }
  return applied
}

const context: StepContext = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
function fakeParams(cluster: Partial<ProvisionParams['cluster']>, layout: Layout, now: () => Date): ProvisionParams {
  const files = bundleFiles()
  const file = (role: BundleFile['role'], name: string) => {
    const found = files.find((one) => one.role === role && one.name === name)
    if (found === undefined) throw new Error(`the fake bundle holds no ${role} ${name}`)
    return found
  }
  return {
    bundle: { name: 'fake', manifestSha256: '0'.repeat(64), publicKey: '' },
    bundleStore: {
      manifest: { files } as BundleManifest,
      file,
      pathOf: ({ path }) => `/bundle/${path}`,
      async fetch(host, { path, name }) {
        await host.write(`/bundle/${path}`, name === 'flannel.yaml' ? FLANNEL_MANIFEST : name)
        return `/bundle/${path}`
      },
    },
    cluster: {
      id: 'c-aaaaaaaaaa',
      name: 'demo',
      kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
      cni: 'flannel',
      podSubnet: '10.42.0.0/16',
      serviceSubnet: '10.43.0.0/16',
      dedicatedMasters: false,
      endpoint: '10.0.0.5:6443',
      masters: [{ name: 'n1', address: '10.0.0.5' }],
      overrides: {},
      ...cluster,
    },
    node: { name: 'n1', address: '10.0.0.5', roles: ['master', 'worker'], labels: { site: 'north' } },
    run: 'r-aaaaaaaaaa',
    task: 'first-master',
    requestInvitation: async () => {
      throw new Error('no invitation is scripted')
    },
    executable: `${layout.binaries}/cantrip-agent`,
    controller: { urls: ['https://controller:7443'], ca: authority.certificate },
    async requestOperatorCertificate(csr) {
      const { publicKey } = readCsr(csr)
      const usages: ['clientAuth'] = ['clientAuth']
      return issueCertificate({ ca: authority, publicKey, commonName: 'c-a', usages, notBefore: now(), days: 90 })
    },
  }
}

function bundleFiles(): BundleFile[] {
  const make = (role: BundleFile['role'], folder: string, name: string): BundleFile => {
    const path = `${folder}/${name.replaceAll(/[/:]/g, '-')}`
    return { path, name, version: 'v1', size: name.length, sha256: sha256Of(name), role }
  }
  const kubernetes = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
  return [
    ...[
      'kubeadm',
      'kubelet',
      'kubectl',
      'containerd',
      'containerd-shim-runc-v2',
      'ctr',
      'runc',
      'etcd',
      'etcdctl',
      'etcdutl',
      'coredns',
    ].map((name) => make('binary', 'bin', name)),
    ...['bridge', 'loopback', 'host-local', 'portmap', 'bandwidth', 'flannel'].map((name) =>
      make('cni-plugin', 'cni', name),
    ),
    ...kubernetes.map((name) => make('image', 'images', `registry.k8s.io/${name}:${DEFAULT_VERSIONS.kubernetes}`)),
    make('image', 'images', 'registry.k8s.io/pause:3.10.2'),
    make('image', 'images', 'registry.k8s.io/coredns/coredns:v1.14.2'),
    make('image', 'images', 'ghcr.io/flannel-io/flannel:v0.28.4'),
    make('image', 'images', 'cantrip.local/agent:1.2.3'),
    make('manifest', 'manifests', 'flannel.yaml'),
  ]
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function answerCommands(fake: FakeKubernetes): void {
  const { host, images, params } = fake
  host.on(['systemctl', 'show'], ([, , unit = '']) => {
    const active = host.units.get(unit)?.active ? 'active' : 'inactive'
    if (unit === CONTAINERD.unit && active === 'active') host.files.seed(CONTAINERD.socket, '')
    if (unit === 'etcd.service' && active === 'active') host.files.seed('/var/lib/etcd/member-data/member/wal/0', '')
    const started = 'ExecMainStartTimestampMonotonic=1000000000'
    const dropIns = `DropInPaths=${fake.dropIns.filter((path) => path.includes(`/${unit}.d/`)).join(' ')}`
    return { stdout: `ActiveState=${active}\nNeedDaemonReload=no\n${started}\n${dropIns}\n` }
  })
  host.machine.daemonReload = async () => {
    fake.dropIns = [...host.files.nodes.keys()].filter((path) => /\.service\.d\/.+\.conf$/.test(path))
  }
  const ctr = [
    `${containerdPrograms(host.layout)}/ctr`,
    '--address',
    CONTAINERD.socket,
    '--namespace',
    'k8s.io',
    'images',
  ]
  host.on([...ctr.slice(0, -1), 'containers', 'list'], {})
  host.on([...ctr.slice(0, -1), 'tasks', 'list'], {})
  const pin = (name: string) => images.set(name, true)
  host.on([...ctr, 'check'], (argv) => ({
    stdout: [...images.keys()]
      .filter((name) => argv.includes(`name=="${name}"`))
      .map((name) => `${name} type sha256:0 complete (1/1) 1.0 MiB/1.0 MiB true \n`)
      .join(''),
  }))
  host.on([...listLabelled(host.layout)], () => ({
    stdout: [...images]
      .filter(([, isPinned]) => isPinned)
      .flatMap(([name]) => [name, `${name.slice(0, name.lastIndexOf(':'))}@sha256:0`])
      .map((name) => `${name} type sha256:0 1.0 MiB linux/amd64 ${PIN} \n`)
      .join(''),
  }))
  host.on([...listAdded(host.layout)], {})
  host.on([...listPinnedWithDigests(host.layout)], () => ({
    stdout: [...images]
      .filter(([, isPinned]) => isPinned)
      .map(([name]) => `${name} type sha256:0 1.0 MiB linux/amd64 -\n`)
      .join(''),
  }))
  host.on([...ctr, 'remove'], (argv) => {
    for (const name of argv.slice(argv.indexOf('--sync') + 1)) images.delete(name)
    return {}
  })
  host.on([...ctr, 'import'], (argv) => {
    const image = params.bundleStore.manifest.files.find(({ path }) => `/bundle/${path}` === argv.at(-1))
    if (argv.includes('io.cri-containerd.pinned=pinned') && argv.includes('--digests')) pin(image?.name ?? '')
    return {}
  })
  host.on([...ctr, 'label'], {})
  host.on([...ctr, 'tag'], (argv) => {
    pin(argv.at(-2) ?? '')
    return {}
  })
  host.on(['systemctl', 'stop'], ([, , unit = '']) => {
    host.units.set(unit, { active: false })
    return {}
  })
  host.on(['/usr/bin/rm'], (argv) => {
    for (const path of argv.slice(1)) if (path.startsWith('/')) host.files.deleteTree(path, false)
    return {}
  })
  host.on([`${host.layout.binaries}/etcdctl`], (argv) => {
    if (argv.includes('save')) host.files.seed(argv.at(-1) ?? '', 'a snapshot')
    return {}
  })
  host.on(['sync'], {})
  host.on([`${host.layout.binaries}/kubectl`], (argv, { stdin }) => {
    if (stdin !== undefined) fake.inputs.push(stdin)
    kubectl(fake, argv, stdin)
    return {}
  })
  host.on(
    [`${containerdPrograms(host.layout)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io', 'containers'],
    {},
  )
  host.on([`${host.layout.binaries}/kubeadm`, 'certs'], (argv) => {
    runKubeadm(fake, argv.slice(2, argv.indexOf('--config')).join(' '))
    return {}
  })
  host.on([`${host.layout.binaries}/kubeadm`, 'init', 'phase'], (argv) => {
    runKubeadm(fake, argv.slice(3, argv.indexOf('--config')).join(' '))
    return {}
  })
}

/** Of a deployment with one replica. */
export const ROLLED_OUT = { updatedReplicas: 1, availableReplicas: 1 }

interface ApiObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
}

function kubectl({ objects }: FakeKubernetes, argv: readonly string[], stdin = ''): void {
  const node = objects.get(NODE) as { metadata: { labels: Record<string, string> }; spec: { taints: unknown[] } }
  if (argv.includes('taint')) node.spec.taints = []
  if (argv.includes('label')) label(node.metadata.labels, argv.slice(argv.indexOf('label') + 3))
  if (argv.includes('annotate')) {
    const [key = '', value] = argv.at(-1)?.split('=') ?? []
    const path = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config'
    const annotations = value === undefined ? {} : { [key]: value }
    objects.set(path, { ...(objects.get(path) as object), metadata: { annotations } })
  }
  if (argv.includes('patch')) {
    const daemonSet = objects.get(KUBE_PROXY) as { spec: { template: object } }
    Object.assign(daemonSet.spec.template, JSON.parse(argv.at(-1) ?? '').spec.template)
  }
  if (!argv.includes('apply')) return
  for (const item of (JSON.parse(stdin) as { items: ApiObject[] }).items) {
    const { name, namespace } = item.metadata
    const group = item.apiVersion === 'v1' ? '/api/v1' : `/apis/${item.apiVersion}`
    objects.set(`${group}${namespace ? `/namespaces/${namespace}` : ''}/${item.kind.toLowerCase()}s/${name}`, {
      ...item,
      ...(item.kind === 'Deployment' && { status: ROLLED_OUT }),
    })
  }
}

/** `key=value` sets a label, `key-` removes it. */
function label(labels: Record<string, string>, changes: readonly string[]): void {
  for (const change of changes) {
    const [key = '', value] = change.split('=')
    if (value !== undefined) labels[key] = value
    else delete labels[key.replace(/-$/, '')]
  }
}

function answerApi({ host, objects }: FakeKubernetes, url: URL): { status: number; body?: string } {
  // The kubelet exits if its certificate file is truncated.
  const isRunning = host.units.get('kubelet.service')?.active && host.files.bytes(KUBELET_IDENTITY)?.length !== 0
  const isUp = isRunning && host.files.get('/etc/kubernetes/manifests/kube-apiserver.yaml')
  if (!isUp) throw new Error('ECONNREFUSED')
  if (url.pathname === '/readyz') return { status: 200 }
  if (url.pathname === '/version') return { status: 200, body: JSON.stringify({ gitVersion: versionOf(host) }) }
  // With the manifest applied, flanneld writes this file.
  if (objects.has('/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds')) {
    host.files.seed('/run/flannel/subnet.env', '')
  }
  if (url.pathname === '/api/v1/pods') return { status: 200, body: JSON.stringify({ items: pods(objects) }) }
  const found = objects.get(url.pathname)
  return found === undefined ? { status: 404, body: '{}' } : { status: 200, body: JSON.stringify(found) }
}

/** A merge patch of labels and annotations. */
function patchObject({ objects }: FakeKubernetes, path: string, body: string): void {
  const object = objects.get(path) as { metadata: Record<string, Record<string, string | null> | undefined> }
  const { metadata } = JSON.parse(body) as typeof object
  for (const [field, changes] of Object.entries(metadata)) {
    const merged = { ...object.metadata[field], ...changes }
    object.metadata[field] = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
  }
}

/** The version of the API server that the kubelet starts from its manifest. */
function versionOf(host: FakeHost): string | undefined {
  return /kube-apiserver:(\S+)/.exec(host.text('/etc/kubernetes/manifests/kube-apiserver.yaml'))?.[1]
}

interface Template {
  metadata?: { annotations?: Record<string, string> }
  spec?: object
}

/** Of kube-proxy's pods. */
function templateOf(objects: Map<string, unknown>): Template | undefined {
  return (objects.get(KUBE_PROXY) as { spec?: { template?: Template } }).spec?.template
}

function pods(objects: Map<string, unknown>): unknown[] {
  const pod = (namespace: string, name: string) => ({ metadata: { namespace, name }, status: READY })
  const when = (path: string, namespace: string, name: string) => (objects.has(path) ? [pod(namespace, name)] : [])
  const apps = '/apis/apps/v1/namespaces'
  return [
    ...['kube-apiserver-n1', 'kube-controller-manager-n1', 'kube-scheduler-n1'].map((name) => pod('kube-system', name)),
    ...when(KUBE_PROXY, 'kube-system', 'kube-proxy-x8zqk').map(({ metadata, status }) => {
      const template = templateOf(objects)
      return { metadata: { ...metadata, ...template?.metadata }, status, spec: template?.spec }
    }),
    ...when(`${apps}/kube-system/deployments/coredns`, 'kube-system', 'coredns-7d764666f9-2kvh5'),
    ...when(`${apps}/kube-flannel/daemonsets/kube-flannel-ds`, 'kube-flannel', 'kube-flannel-ds-lq4bb'),
    ...when(`${apps}/cantrip-system/deployments/operator`, 'cantrip-system', 'operator-5b9c4dd56f-jxw7n'),
  ]
}
