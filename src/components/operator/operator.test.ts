import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { operatorCertificate } from '../operator-certificate/component.ts'
import { operator } from './component.ts'
import { manifest } from './templates.ts'

const SETTINGS = {
  image: 'cantrip.local/agent:1.2.3',
  controller: { urls: ['https://c:7443'], ca: 'CA' },
  certificate: 'CERTIFICATE',
  identity: 'abc',
}

test('is applied by standard input, and again after a change of its certificate', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  await runComponent(operatorCertificate, fake)
  expect(await runComponent(operator, fake)).toEqual(['operator/apply'])
  expect(await runComponent(operator, fake)).toEqual([])
  fake.host.files.delete('/etc/kubernetes/cantrip-operator/tls.crt')
  await runComponent(operatorCertificate, fake)
  expect(await runComponent(operator, fake)).toEqual(['operator/apply'])
})

test('objects that were scaled down, deleted or replaced in the cluster are applied again', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  await runComponent(operatorCertificate, fake)
  await runComponent(operator, fake)
  const own = [...fake.objects.keys()].filter((path) => path.includes('operator') || path.includes('cantrip-system'))
  expect(own).toHaveLength(8)
  for (const path of own) {
    fake.objects.delete(path)
    expect(await runComponent(operator, fake), path).toEqual(['operator/apply'])
    expect(fake.objects.has(path), path).toBe(true)
  }
  const deployment = fake.objects.get(own.at(-1) ?? '') as { spec: { replicas: number } }
  deployment.spec.replicas = 0
  expect(await runComponent(operator, fake)).toEqual(['operator/apply'])
})

test('may read nodes and pods, approve serving certificates, and change its own secret, and nothing else', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const role = items.find(({ kind }: { kind: string }) => kind === 'ClusterRole')
  const csr = 'certificatesigningrequests'
  expect(role.rules).toEqual([
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['certificates.k8s.io'], resources: [csr], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['certificates.k8s.io'], resources: [`${csr}/approval`], verbs: ['patch'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['kubernetes.io/kubelet-serving'],
      verbs: ['approve'],
    },
  ])
  const own = items.find(({ kind }: { kind: string }) => kind === 'Role')
  expect(own.metadata.namespace).toBe('cantrip-system')
  expect(own.rules).toEqual([
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['operator'], verbs: ['patch'] },
  ])
})

test('runs as an unprivileged user, on a read-only root, without a registry', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const { spec } = items.at(-1).spec.template
  const [container] = spec.containers
  expect(container).toMatchObject({ image: SETTINGS.image, imagePullPolicy: 'Never', args: ['operator'] })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
})

test('pressure neither evicts it nor prevents its start, and it leaves a lost node', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const { priorityClassName, tolerations } = items.at(-1).spec.template.spec
  expect(priorityClassName).toBe('system-cluster-critical')
  const shown = tolerations.map((each: Record<string, unknown>) => `${each.key}:${each.effect}`)
  expect(shown).toEqual([
    'node-role.kubernetes.io/control-plane:NoSchedule',
    'node.kubernetes.io/disk-pressure:NoSchedule',
    'node.kubernetes.io/memory-pressure:NoSchedule',
    'node.kubernetes.io/pid-pressure:NoSchedule',
    'node.kubernetes.io/not-ready:NoExecute',
    'node.kubernetes.io/unreachable:NoExecute',
  ])
})

test('only the Secret contains the key', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const holders = items.filter((item: unknown) => JSON.stringify(item).includes('"KEY"'))
  expect(holders.map(({ kind }: { kind: string }) => kind)).toEqual(['Secret'])
})
