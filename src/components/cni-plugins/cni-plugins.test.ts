import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { cniPlugins } from './component.ts'

test("flannel's plugin and configuration are there before kubelet", async () => {
  const fake = fakeKubernetes()
  await runComponent(cniPlugins, fake)
  expect(fake.host.files.stat('/opt/cni/bin/flannel')?.mode).toBe(0o755)
  const { plugins } = JSON.parse(fake.host.text('/etc/cni/net.d/10-flannel.conflist'))
  expect(plugins.map(({ type }: { type: string }) => type)).toEqual(['flannel', 'portmap'])
})

test('another network brings its own', async () => {
  const fake = fakeKubernetes({ cni: 'calico' })
  expect(await runComponent(cniPlugins, fake)).toEqual(['cni-plugins/install'])
  expect(fake.host.files.stat('/opt/cni/bin/flannel')).toBeUndefined()
})

test('a plugin that was changed is put back', async () => {
  const fake = fakeKubernetes()
  await runComponent(cniPlugins, fake)
  fake.host.files.seed('/opt/cni/bin/bridge', 'other!', { mode: 0o755 })
  expect(await runComponent(cniPlugins, fake)).toEqual(['cni-plugins/install'])
  expect(fake.host.text('/opt/cni/bin/bridge')).toBe('bridge')
})
