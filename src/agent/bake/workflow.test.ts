import { expect, test } from 'vitest'
import { type FakeHost, fakeHost } from '../../../test/support/fake-host.ts'
import { pathsOf } from '../paths.ts'
import { isIn } from '../scope.ts'
import { bake } from './workflow.ts'

const SSH = { '/usr/bin/ssh-keygen': '', '/etc/ssh/sshd_config': '' }

async function run(host: FakeHost, instance?: string): Promise<string[]> {
  const params = { paths: pathsOf(instance), executable: '/proc/self/exe' }
  const applied: string[] = []
  for (const step of bake.components.flatMap(({ steps }) => steps(params))) {
    if (await step.isDone(host, params)) continue
    await step.apply(host, params, {} as never)
    applied.push(step.id)
  }
  return applied
}

function machine(files: Record<string, string> = SSH): FakeHost {
  return fakeHost({ files: { '/proc/self/exe': 'agent', ...files } })
}

test('the agent becomes part of the image, is not started, and a second bake changes nothing', async () => {
  const host = machine()
  expect(await run(host)).toEqual(['bake/agent', 'bake/host-keys', 'bake/first-boot'])
  expect(host.text('/usr/local/bin/cantrip-agent')).toBe('agent')
  expect(host.text('/etc/systemd/system/cantrip-first-boot.path')).toContain('PathExistsGlob=/etc/cantrip-day0/*.pem')
  expect(host.text('/etc/systemd/system/cantrip-first-boot.service')).toContain(
    'ExecStart=/usr/local/bin/cantrip-agent first-boot\n',
  )
  expect(await host.stat('/etc/cantrip-day0')).toMatchObject({ kind: 'directory', mode: 0o700 })
  for (const unit of ['cantrip-first-boot.path', 'cantrip-host-keys.service'])
    expect(await host.readLink(`/etc/systemd/system/multi-user.target.wants/${unit}`)).toBe(
      `/etc/systemd/system/${unit}`,
    )
  expect(host.calls, 'systemd may not run where an image is made').toEqual([])
  expect([...host.units].filter(([, { active }]) => active)).toEqual([])
  expect(await run(host)).toEqual([])
})

test('systemd has no cycle where ssh.socket is enabled, makes empty host keys again, and 239 accepts the first boot', async () => {
  const host = machine()
  await run(host)
  const keys = host.text('/etc/systemd/system/cantrip-host-keys.service') ?? ''
  expect(keys).toContain('\nBefore=ssh.service sshd.service\n')
  expect(keys).not.toMatch(/Condition/)
  const firstBoot = host.text('/etc/systemd/system/cantrip-first-boot.service')
  expect(firstBoot).toMatch(/Type=simple[\s\S]*Restart=on-failure/)
})

test('a machine without an SSH server gets no unit for host keys, and each instance has its own directory', async () => {
  const host = machine({})
  expect(await run(host, 'blue')).toEqual(['bake/agent', 'bake/first-boot'])
  expect(host.text('/etc/systemd/system/cantrip-blue-first-boot.path')).toContain('/etc/cantrip-blue-day0/*.pem')
  expect(host.text('/etc/systemd/system/cantrip-blue-first-boot.service')).toContain('first-boot --instance blue\n')
})

test('only an uninstallation of what was baked undoes it', () => {
  const steps = bake.components.flatMap(({ steps }) => steps({ paths: pathsOf(), executable: '' }))
  for (const scope of ['all', 'agent', 'kubernetes'] as const)
    expect(steps.filter(({ id }) => isIn(scope, id))).toEqual([])
  expect(steps.every(({ id }) => isIn('baked', id))).toBe(true)
})
