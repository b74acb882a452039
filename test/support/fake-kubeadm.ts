import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { parseAllDocuments } from 'yaml'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { CONFIGURATION_ANNOTATION, identityIn, patchPath } from '../../src/provision/kubeadm/identity.ts'
import { CONTROL_PLANE } from '../../src/provision/kubeadm/static-pods.ts'
import { type FakeKubernetes, ROLLED_OUT } from './fake-kubernetes.ts'

export const KUBE_PROXY = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy'
export const NODE = '/api/v1/nodes/n1'
const TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
export const READY = { conditions: [{ type: 'Ready', status: 'True' }] }
const PKI = '/etc/kubernetes/pki'
const NOW = new Date('2026-06-01T12:00:00Z')
const keys = createKeyPair()
const ca = createCa({ commonName: 'kubernetes', days: 3650, now: NOW })
const issue = (notBefore: Date, names: readonly string[] = []) =>
  issueCertificate({
    ca,
    publicKey: keys.publicKey,
    commonName: 'test',
    usages: ['clientAuth'],
    dnsNames: names.filter((name) => isIP(name) === 0),
    ipAddresses: names.filter((name) => isIP(name) !== 0),
    notBefore,
    days: 365,
  })
const certificate = issue(NOW)
/** In the format in which the kubelet stores it. */
export const kubeletPair = (notBefore: Date) => `${issue(notBefore)}${keyToPem(keys.privateKey)}`
export const KUBELET_PAIR = kubeletPair(NOW)
const serverLine = (server: string) => `    server: ${server}\n`
/** Of a kubelet that has joined by this endpoint. */
export const kubeletConf = (endpoint: string) =>
  `${serverLine(`https://${endpoint}`)}users:\n    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n`
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** Creates the files and objects of a phase, as far as steps check them. */
export function runKubeadm({ host, objects, params }: FakeKubernetes, phase: string): void {
  const put = (path: string, text: string) => host.files.seed(path, text, { mode: 0o600 })
  const putPair = (name: string) => {
    const names = name === 'apiserver' ? namesIn(host.files.bytes('/etc/kubernetes/kubeadm.yaml')?.toString()) : []
    put(`${PKI}/${name}.crt`, issue(host.now(), names))
    put(`${PKI}/${name}.key`, keyToPem(keys.privateKey))
  }
  const putKubeconfig = (name: string) => {
    const user = `    client-certificate-data: ${base64(issue(host.now()))}\n    client-key-data: ${base64(keyToPem(keys.privateKey))}\n`
    put(
      `/etc/kubernetes/${name}`,
      `    certificate-authority-data: ${base64(certificate)}\n${serverLine(server)}${user}`,
    )
  }
  const endpoint = documentsOf(host.files.bytes('/etc/kubernetes/kubeadm.yaml')?.toString()).flatMap(
    ({ controlPlaneEndpoint }) => controlPlaneEndpoint ?? [],
  )[0]
  const server = `https://${endpoint ?? params.cluster.endpoint}`
  const kubeconfig = `clusters:\n- cluster:\n${serverLine(server)}`
  const add = (...paths: string[]) => {
    for (const path of paths) objects.set(path, {})
  }
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const system = '/namespaces/kube-system'
  const version = params.cluster.kubernetesVersion
  const annotated = (target: string) => {
    const identity = identityIn(host.files.bytes(patchPath('/etc/kubernetes/patches', target))?.toString())
    return identity === undefined ? {} : { [CONFIGURATION_ANNOTATION]: identity }
  }
  const manifest = (name: string) => {
    const lines = Object.entries(annotated(name)).map(([key, value]) => `    ${key}: ${value}\n`)
    const text = `kind: Pod\n${lines.join('')}    image: registry.k8s.io/${name}:${version}\nstatus: {}\n`
    put(`/etc/kubernetes/manifests/${name}.yaml`, text)
  }
  const phases: Record<string, () => void> = {
    'certs all'() {
      for (const name of ['ca', 'apiserver', 'apiserver-kubelet-client', 'front-proxy-ca', 'front-proxy-client']) {
        const found = host.files.bytes(`${PKI}/${name}.crt`)?.toString()
        if (found === undefined) putPair(name)
        else if (new X509Certificate(found).validToDate < host.now() && !name.endsWith('ca'))
          throw new Error(`${name} has expired`)
      }
      if (host.files.get(`${PKI}/sa.key`) !== undefined) return
      put(`${PKI}/sa.key`, keyToPem(keys.privateKey))
      put(`${PKI}/sa.pub`, keys.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    },
    'kubeconfig all'() {
      for (const name of ['admin', 'super-admin', 'kubelet', 'controller-manager', 'scheduler']) {
        if (host.files.get(`/etc/kubernetes/${name}.conf`) === undefined) putKubeconfig(`${name}.conf`)
      }
    },
    preflight() {},
    'control-plane apiserver': () => manifest('kube-apiserver'),
    'control-plane controller-manager': () => manifest('kube-controller-manager'),
    'control-plane scheduler': () => manifest('kube-scheduler'),
    'control-plane all': () => CONTROL_PLANE.forEach(manifest),
    'kubelet-start'() {
      put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n')
      put('/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS=""\n')
      host.units.set('kubelet.service', { enabled: true, active: true })
      const pki = '/var/lib/kubelet/pki'
      if (host.files.get(`${pki}/kubelet-client-current.pem`) === undefined) {
        put(`${pki}/kubelet-client-2026.pem`, kubeletPair(host.now()))
        host.files.seedLink(`${pki}/kubelet-client-current.pem`, `${pki}/kubelet-client-2026.pem`)
      }
      if (host.files.get(`${pki}/kubelet.crt`) === undefined) {
        put(`${pki}/kubelet.crt`, certificate)
        put(`${pki}/kubelet.key`, keyToPem(keys.privateKey))
      }
      const isTainted = host.files.bytes('/etc/kubernetes/kubeadm.yaml')?.includes('register-with-taints')
      const taints = isTainted ? [TAINT] : []
      const known = objects.get(NODE) as object | undefined
      const status = { ...READY, nodeInfo: { kubeletVersion: version } }
      objects.set(NODE, { metadata: { labels: {} }, spec: { taints }, ...known, status })
    },
    'kubelet-finalize enable-client-cert-rotation': () =>
      put('/etc/kubernetes/kubelet.conf', kubeletConf(String(endpoint))),
    'upload-config all'() {
      add(
        ...['kubeadm-config', 'kubelet-config'].map((name) => `/api/v1${system}/configmaps/${name}`),
        ...['nodes-kubeadm-config', 'kubelet-config'].map((name) => `${rbac}${system}/rolebindings/kubeadm:${name}`),
      )
      const ClusterConfiguration = `kind: ClusterConfiguration\ncontrolPlaneEndpoint: ${endpoint ?? params.cluster.endpoint}\nkubernetesVersion: ${version}\n`
      // It keeps the annotations of others.
      const path = `/api/v1${system}/configmaps/kubeadm-config`
      objects.set(path, { ...(objects.get(path) as object | undefined), data: { ClusterConfiguration } })
    },
    'bootstrap-token --skip-token-print'() {
      add(
        `${rbac}/clusterrolebindings/kubeadm:node-autoapprove-certificate-rotation`,
        `${rbac}/namespaces/kube-public/rolebindings/kubeadm:bootstrap-signer-clusterinfo`,
      )
      objects.set('/api/v1/namespaces/kube-public/configmaps/cluster-info', { data: { kubeconfig } })
    },
    'mark-control-plane'() {
      const node = objects.get(NODE) as { metadata: { labels: Record<string, string> }; spec: { taints: unknown[] } }
      node.metadata.labels['node-role.kubernetes.io/control-plane'] = ''
      node.metadata.labels['node.kubernetes.io/exclude-from-external-load-balancers'] = ''
      if (params.cluster.dedicatedMasters) node.spec.taints = [TAINT]
    },
    'addon kube-proxy'() {
      add(`${rbac}${system}/rolebindings/kube-proxy`, `${rbac}/clusterrolebindings/kubeadm:node-proxier`)
      objects.set(`/api/v1${system}/configmaps/kube-proxy`, { data: { 'kubeconfig.conf': kubeconfig } })
      const containers = [{ image: `registry.k8s.io/kube-proxy:${version}` }]
      objects.set(KUBE_PROXY, { spec: { template: { spec: { containers } } } })
    },
    'addon coredns'() {
      add(
        `/api/v1${system}/configmaps/coredns`,
        `${rbac}/clusterrolebindings/system:coredns`,
        `/api/v1${system}/serviceaccounts/coredns`,
        `/apis/apps/v1${system}/deployments/coredns`,
        `/api/v1${system}/services/kube-dns`,
      )
      const metadata = { annotations: annotated('corednsdeployment') }
      objects.set(`/apis/apps/v1${system}/deployments/coredns`, { metadata, spec: { replicas: 1 }, status: ROLLED_OUT })
    },
  }
  const [, renewed] = /^renew (.+)$/.exec(phase) ?? []
  const renew = renewed && (() => (renewed.endsWith('.conf') ? putKubeconfig(renewed) : putPair(renewed)))
  const run = phases[phase] ?? renew
  if (!run) throw new Error(`the fake kubeadm has no phase ${phase}`)
  run()
}

/** The names of the API server's certificate in kubeadm's configuration. */
function namesIn(text: string | undefined): string[] {
  return documentsOf(text).flatMap(({ apiServer }) => apiServer?.certSANs ?? [])
}

interface Document {
  apiServer?: { certSANs?: string[] }
  controlPlaneEndpoint?: string
}

const documentsOf = (text = ''): Document[] =>
  parseAllDocuments(text).flatMap((each) => (each.toJS() as Document | null) ?? [])
