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

test('is applied by standard input, and again when its certificate is another', async () => {
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

test('may only look, and only at nodes and pods', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const role = items.find(({ kind }: { kind: string }) => kind === 'ClusterRole')
  expect(role.rules).toEqual([{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] }])
})

test('runs as nobody, with nothing to write to, and where masters are tainted too', () => {
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
  expect(spec.tolerations[0].key).toBe('node-role.kubernetes.io/control-plane')
})

test('the key is in the Secret alone', () => {
  const { items } = JSON.parse(manifest(SETTINGS, 'KEY'))
  const holders = items.filter((item: unknown) => JSON.stringify(item).includes('"KEY"'))
  expect(holders.map(({ kind }: { kind: string }) => kind)).toEqual(['Secret'])
})
