import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { MODULES_BUILTIN, MODULES_DEP } from '../../../test/support/fixtures/kernel-modules.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const RELEASE = '6.1.0-25-amd64'
const LIB = `/lib/modules/${RELEASE}`
const look = (files: Record<string, string>, directories: string[] = [SHOWN]) =>
  check.look(fakeHost({ files: { '/proc/sys/kernel/osrelease': `${RELEASE}\n`, ...files }, directories }), params)
const SHOWN = '/sys/module/kernel'
const INSTALLED = { [`${LIB}/modules.dep`]: MODULES_DEP, [`${LIB}/modules.builtin`]: MODULES_BUILTIN }
const without = (name: string) => ({
  [`${LIB}/modules.dep`]: MODULES_DEP.split('\n')
    .filter((line) => !line.includes(`/${name}.ko`))
    .join('\n'),
  [`${LIB}/modules.builtin`]: '',
})
const BUILT_IN = {
  '/proc/filesystems': 'nodev\tsysfs\n\text4\nnodev\toverlay\n',
  '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
}

test('nothing needs to be loaded', async () => {
  expect(await look(INSTALLED)).toEqual({
    kind: 'pass',
    found: 'overlay, br_netfilter, nf_conntrack, nf_tables, vxlan can be loaded, the rest is in the kernel',
  })
})

test('a kernel with everything built in needs no modules', async () => {
  expect(await look(BUILT_IN, [SHOWN, '/sys/module/vxlan'])).toEqual({ kind: 'pass', found: 'all in the kernel' })
  expect(await look(BUILT_IN, [])).toEqual({ kind: 'pass', found: 'all in the kernel' })
  expect(await look(BUILT_IN)).toMatchObject({ kind: 'warn', found: expect.stringContaining('vxlan') })
})

test.each([
  ['overlay', 'fail'],
  ['br_netfilter', 'fail'],
  ['nf_conntrack', 'fail'],
  ['vxlan', 'warn'],
])('a kernel without %s: %s', async (name, kind) => {
  expect(await look(without(name))).toMatchObject({
    kind,
    found: `${name} is not a module of kernel ${RELEASE}`,
    fix: expect.stringContaining(`linux-modules-extra-${RELEASE}`),
  })
})

test('one packet filter is enough', async () => {
  const dep = without('nf_tables')
  expect(await look({ ...dep, [`${LIB}/modules.builtin`]: MODULES_BUILTIN })).toMatchObject({ kind: 'pass' })
  expect(await look(dep)).toMatchObject({ kind: 'fail', wanted: 'nf_tables or ip_tables for rules of kube-proxy' })
})

test('a hardened machine blocks a module: the file is named; a blacklist only disables automatic loading', async () => {
  const file = '/etc/modprobe.d/cis.conf'
  const forbidden = await look({ ...INSTALLED, [file]: 'install cramfs /bin/false\ninstall br-netfilter /bin/true\n' })
  expect(forbidden).toEqual({
    kind: 'fail',
    found: `br_netfilter is not allowed to load: ${file}`,
    wanted: 'br_netfilter for services for pods on one bridge',
    fix: `sed -i -E --follow-symlinks '/^\\s*install\\s+br[-_]netfilter\\s/d' ${file}`,
  })
  expect(await look({ ...INSTALLED, [file]: 'blacklist overlay\n# install overlay /bin/true\n' })).toMatchObject({
    kind: 'pass',
  })
})

test('an upgrade removed the modules of the running kernel; a container has none', async () => {
  expect(await look({ '/lib/modules/6.1.0-26-amd64/modules.dep': MODULES_DEP })).toMatchObject({
    kind: 'fail',
    found: expect.stringMatching(/^the modules of the running kernel 6\.1\.0-25-amd64 are missing[^;]*$/),
    fix: 'reboot',
  })
  expect(await look({})).toMatchObject({ kind: 'fail', found: expect.stringContaining(`${LIB} does not exist`) })
})

test('a kernel with modules_disabled', async () => {
  const verdict = await look({ ...INSTALLED, ...BUILT_IN, '/proc/sys/kernel/modules_disabled': '1\n' })
  expect(verdict).toMatchObject({ kind: 'warn', found: 'vxlan is not loaded, and kernel.modules_disabled is 1' })
})
