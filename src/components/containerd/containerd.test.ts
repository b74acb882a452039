import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { containerd } from './component.ts'

const CONFIGURATION = '/etc/cantrip-containerd/config.toml'
const OVERRIDE = '/etc/cantrip-containerd/conf.d/50-cluster.toml'

test("runs with systemd's control groups and the bundle's pause image", async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION)).toContain("sandbox = 'registry.k8s.io/pause:3.10.2'")
  expect(fake.host.text(CONFIGURATION)).toContain('SystemdCgroup = true')
  expect(fake.host.units.get('cantrip-containerd.service')?.active).toBe(true)
  expect(fake.host.text('/usr/local/lib/cantrip/bin/containerd')).toBe('containerd')
})

test('an override has its own file, which is reset when the override is removed', async () => {
  const override = 'version = 3\n# mine\n'
  const fake = fakeKubernetes({ overrides: { containerd: override } })
  await runComponent(containerd, fake)
  expect(fake.host.text(OVERRIDE)).toBe(override)
  const without = { ...fake, params: fakeKubernetes().params }
  expect(await runComponent(containerd, without)).toContain('containerd/write-configuration')
  expect(fake.host.text(OVERRIDE)).toBe('version = 3\n')
})

test('is restarted if its configuration is newer than the process', async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  const restarted: string[] = []
  const host = { ...fake.host, restartUnit: async (unit: string) => void restarted.push(unit) }
  fake.host.files.setAttributes(CONFIGURATION, { mtimeMs: fake.host.clock.nowMs + 60_000 })
  const start = containerd.steps(fake.params).at(-1)
  expect(await start?.isDone(host, fake.params)).toBe(false)
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await start?.apply(host, fake.params, context)
  expect(restarted).toEqual(['cantrip-containerd.service'])
})

test.each([
  ['of a container that may not lower OOM scores', '000001fffeffffff', true],
  ['of a machine', '000001ffffffffff', false],
])('with process 1 %s runc can start pods', async (_, capabilities, restricted) => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/proc/1/status', `Name:\tsystemd\nCapBnd:\t${capabilities}\n`)
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION).includes('restrict_oom_score_adj = true')).toBe(restricted)
})

test('reads only the override file of this cluster', async () => {
  const fake = fakeKubernetes()
  await runComponent(containerd, fake)
  expect(fake.host.text(CONFIGURATION)).toContain(`imports = ['${OVERRIDE}']`)
  expect(fake.host.text('/etc/systemd/system/cantrip-containerd.service')).toContain(`--config ${CONFIGURATION}\n`)
})
