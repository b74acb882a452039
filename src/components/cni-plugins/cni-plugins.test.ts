import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { cniPlugins } from './component.ts'

test("flannel's plugin and configuration are installed before the kubelet", async () => {
  const fake = fakeKubernetes()
  await runComponent(cniPlugins, fake)
  expect(fake.host.files.stat('/opt/cni/bin/flannel')?.mode).toBe(0o755)
  const { plugins } = JSON.parse(fake.host.text('/etc/cni/net.d/10-flannel.conflist'))
  expect(plugins.map(({ type }: { type: string }) => type)).toEqual(['flannel', 'portmap'])
})

test.each([
  ['flannel', '10-containerd-net.conflist', true],
  ['flannel', '87-podman-bridge.conflist', false],
  ['calico', '10-containerd-net.conflist', false],
  ['calico', '00-old.json', true],
  ['none', '00-old.json', false],
] as const)('%s beside %s of others', async (cni, name, isRefused) => {
  const fake = fakeKubernetes({ cni })
  fake.host.files.seed(`/etc/cni/net.d/${name}`, '{}')
  const run = runComponent(cniPlugins, fake)
  if (!isRefused) return void (await run)
  await expect(run).rejects.toMatchObject({
    code: 'cni/another-network',
    fix: expect.stringContaining(`mv /etc/cni/net.d/${name} /etc/cni/net.d/${name}.disabled`),
  })
  expect(fake.host.changes).toEqual([])
})

test('another pod network installs its own configuration', async () => {
  const fake = fakeKubernetes({ cni: 'calico' })
  expect(await runComponent(cniPlugins, fake)).toEqual(['cni-plugins/install'])
  expect(fake.host.files.stat('/opt/cni/bin/flannel')).toBeUndefined()
})

test('a modified plugin is replaced', async () => {
  const fake = fakeKubernetes()
  await runComponent(cniPlugins, fake)
  fake.host.files.seed('/opt/cni/bin/bridge', 'other!', { mode: 0o755 })
  expect(await runComponent(cniPlugins, fake)).toEqual(['cni-plugins/install'])
  expect(fake.host.text('/opt/cni/bin/bridge')).toBe('bridge')
})
