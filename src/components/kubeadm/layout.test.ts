import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { READ_ONLY_USR, STANDARD } from '../../base/layout.ts'
import { readYaml } from '../../provision/kubeadm/yaml.ts'
import { kubeadm } from './component.ts'

const PLUGINS = '/opt/libexec/kubernetes/kubelet-plugins/volume/exec'

async function written(layout = STANDARD) {
  const fake = fakeKubernetes({}, layout)
  await runComponent(kubeadm, fake)
  const patch = [...fake.host.files.nodes.keys()].find((path) => path.includes('/patches/kube-controller-manager'))
  const [{ value } = { value: undefined }] = await readYaml(fake.host.text(patch ?? ''))
  const documents = (await readYaml(fake.host.text('/etc/kubernetes/kubeadm.yaml'))).map((each) => each.value)
  const of = (kind: string) => documents.find((each) => (each as { kind: string }).kind === kind)
  return { patch: value, init: of('InitConfiguration'), cluster: of('ClusterConfiguration') }
}

test('with a read-only /usr, volume plugins are elsewhere on this node, and the configuration of the cluster is the same', async () => {
  const { patch, init, cluster } = await written(READ_ONLY_USR)
  expect(patch).toMatchObject({
    spec: { volumes: [{ name: 'flexvolume-dir', hostPath: { path: PLUGINS, type: 'DirectoryOrCreate' } }] },
  })
  expect(init).toMatchObject({
    nodeRegistration: { kubeletExtraArgs: expect.arrayContaining([{ name: 'volume-plugin-dir', value: PLUGINS }]) },
  })
  const standard = await written()
  expect(cluster).toEqual(standard.cluster)
  expect(JSON.stringify(standard)).not.toMatch(/volumes|volume-plugin-dir/)
})
