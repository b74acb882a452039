import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kernel } from './component.ts'

test('sets missing modules and parameters, now and for the next boot', async () => {
  const fake = fakeKubernetes()
  expect(await runComponent(kernel, fake)).toEqual(['kernel/load-modules', 'kernel/set-sysctls'])
  expect(fake.host.text('/proc/sys/net/ipv4/ip_forward')).toBe('1\n')
  expect(fake.host.text('/etc/sysctl.d/90-cantrip-kubernetes.conf')).toContain('net.ipv4.ip_forward = 1\n')
  expect(fake.host.text('/etc/modules-load.d/90-cantrip-kubernetes.conf')).toBe('overlay\nbr_netfilter\n')
  // Both are built in here, which their effect shows.
  expect(fake.host.modules.size).toBe(0)
})

test('loads a module whose effect is missing', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/proc/filesystems', '\text4\n')
  const step = kernel.steps(fake.params).find(({ id }) => id === 'kernel/load-modules')
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await step?.apply(fake.host, fake.params, context)
  expect([...fake.host.modules]).toEqual(['overlay'])
})

test('files that a boot reads are written after the undo is recorded', async () => {
  const fake = fakeKubernetes()
  const effect = '/proc/sys/net/bridge/bridge-nf-call-iptables'
  fake.host.files.delete(effect)
  fake.host.machine.loadModule = async () => fake.host.files.seed(effect, '0\n')
  await runComponent(kernel, fake)
  const changes = fake.host.changes.map(({ what }) => what)
  const after = (file: string, ...earlier: string[]) => {
    for (const what of earlier)
      expect(changes.indexOf(file), `${what} before ${file}`).toBeGreaterThan(changes.indexOf(what))
  }
  after('/etc/modules-load.d/90-cantrip-kubernetes.conf', 'br_netfilter')
  after('/etc/sysctl.d/90-cantrip-kubernetes.conf', 'net.ipv4.ip_forward = 1')
})

test('a parameter that was changed in the meantime is set again', async () => {
  const fake = fakeKubernetes()
  await runComponent(kernel, fake)
  fake.host.files.seed('/proc/sys/net/ipv4/ip_forward', '0\n')
  expect(await runComponent(kernel, fake)).toEqual(['kernel/set-sysctls'])
})

test('with protectKernelDefaults the kubelet finds its parameters set, now and at each boot', async () => {
  const fake = fakeKubernetes({ overrides: { kubelet: 'protectKernelDefaults: true\n' } })
  const wanted = {
    'vm.overcommit_memory': '1',
    'vm.panic_on_oom': '0',
    'kernel.panic': '10',
    'kernel.panic_on_oops': '1',
    'kernel.keys.root_maxkeys': '1000000',
    'kernel.keys.root_maxbytes': '25000000',
  }
  fake.host.files.seed('/proc/sys/kernel/panic', '0\n')
  await runComponent(kernel, fake)
  for (const [key, value] of Object.entries(wanted)) {
    expect(fake.host.text(`/proc/sys/${key.replaceAll('.', '/')}`)).toBe(`${value}\n`)
    expect(fake.host.text('/etc/sysctl.d/90-cantrip-kubernetes.conf')).toContain(`${key} = ${value}\n`)
  }
  expect(fake.host.changes.map(({ undo }) => undo)).toContainEqual(
    expect.objectContaining({ kind: 'sysctl', key: 'kernel.panic', before: '0' }),
  )
})

test('a kernel without IPv6 needs no IPv6 parameters', async () => {
  const fake = fakeKubernetes()
  fake.host.files.delete('/proc/sys/net/bridge/bridge-nf-call-ip6tables')
  expect(await runComponent(kernel, fake)).toHaveLength(2)
})
