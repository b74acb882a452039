import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { AgentError } from '../../base/agent-error.ts'
import { fixStepIdOf } from '../../engine/checks/fix-workflow.ts'
import type { Numbered } from '../../ledger/entry.ts'
import { encodeRecord } from '../../ledger/record-format.ts'
import { pathsOf } from '../paths.ts'
import { requireTemplate, seal, sealedText, toSeal } from './seal.ts'

const paths = pathsOf()
const ID = '7f3f1b0c9e4d4d0f9a5d1c2b3a4e5f60\n'
/** Of a template machine with Debian, and beside each what looks alike and stays. */
const TEMPLATE = {
  '/etc/machine-id': ID,
  '/var/lib/dbus/machine-id': ID,
  '/var/lib/systemd/random-seed': 'seed',
  '/var/lib/systemd/credential.secret': 'secret',
  '/var/lib/systemd/timesync/clock': '',
  '/etc/ssh/ssh_host_ed25519_key': 'key',
  '/etc/ssh/ssh_host_ed25519_key.pub': 'key',
  '/etc/ssh/sshd_config': 'Port 22',
  '/etc/hostname': 'template\n',
  '/etc/hosts': '127.0.0.1 localhost\n',
  '/root/.ssh/authorized_keys': 'ssh-ed25519 AAAA admin',
  '/var/lib/cloud/instances/i-1/datasource': 'x',
  '/var/lib/cloud/seed/nocloud/user-data': 'x',
  '/var/lib/cloud/scripts/per-boot/site.sh': 'x',
  '/var/log/cloud-init-output.log': 'x',
  '/var/log/journal/7f3f/system.journal': 'x',
  '/var/log/dpkg.log': 'x',
  '/var/lib/dhcp/dhclient.eth0.leases': 'lease',
  '/var/lib/NetworkManager/secret_key': 'x',
  '/etc/netplan/50-cloud-init.yaml': 'x',
  '/etc/netplan/01-site.yaml': 'x',
  '/etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.1993-08.org.debian:01:abc\n',
  '/etc/nvme/hostnqn': 'nqn',
  '/etc/multipath/wwids': 'x',
  '/etc/cantrip-day0/prod.pem': 'pem',
  '/etc/cantrip-blue-day0/node.pem': 'pem',
  '/var/lib/cantrip-baked/bundle/images/pause.tar': 'a copy',
  '/var/lib/cantrip-baked/manifest.json': '{}',
  '/var/lib/cantrip/born.json': '{}',
  '/var/lib/cantrip/before-install.snapshot': '{}',
  '/var/lib/cantrip/ledger/ledger.jsonl': '{}',
}
const STAYS = [
  ...['/var/lib/systemd/timesync/clock', '/etc/ssh/sshd_config', '/etc/hosts', '/root/.ssh/authorized_keys'],
  ...['/var/lib/cloud/seed/nocloud/user-data', '/var/lib/cloud/scripts/per-boot/site.sh'],
  ...[
    '/etc/netplan/50-cloud-init.yaml',
    '/var/lib/cantrip-baked/manifest.json',
    '/var/log/dpkg.log',
    '/etc/netplan/01-site.yaml',
    '/var/lib/cantrip/ledger/ledger.jsonl',
  ],
]

const entries = (...steps: string[]): Numbered[] =>
  steps.map((step, at) => ({
    ...{ seq: at + 1, kind: 'change', run: 'bake', step, change: 'file', what: '/x' },
    undo: { kind: 'remove-path', path: '/x' },
  })) as Numbered[]

const OTHER = Buffer.concat(entries('install/agent').map(encodeRecord)).toString()

function template(files: Record<string, string> = {}, steps = ['bake/agent']) {
  const host = fakeHost({ files: { ...TEMPLATE, ...files }, commands: { sync: {} } })
  const ledger = { entries: () => entries(...steps) } as never
  return { host, workspace: { machine: host.machine, ledger } }
}

test('what a machine has of its own is removed, and nothing else; the machine-id is emptied', async () => {
  const { host } = template()
  const all = await toSeal(host.machine, paths)
  await seal(host.machine, all)
  const left = Object.keys(TEMPLATE).filter((path) => host.files.bytes(path) !== undefined)
  expect(left.sort()).toEqual([...STAYS, '/etc/machine-id'].sort())
  expect(host.text('/etc/machine-id')).toBe('')
  expect((await host.stat('/var/lib/cloud'))?.kind).toBe('directory')
  expect(sealedText(all)).toContain('emptied /etc/machine-id\nremoved /var/lib/dbus/machine-id\n')
  expect(host.changes, 'an undo would bring the identity back').toEqual([])
  expect(await toSeal(host.machine, paths), 'the second time there is nothing').toEqual([])
})

test('the name of an iSCSI initiator is made again by the start scripts of Debian, or where the file is missing', async () => {
  const { host } = template({ '/usr/lib/open-iscsi/startup-checks.sh': '#!/bin/sh' })
  await seal(host.machine, await toSeal(host.machine, paths))
  expect(host.text('/etc/iscsi/initiatorname.iscsi')).toBe('GenerateName=yes\n')
  expect(await toSeal(host.machine, paths)).toEqual([])
})

test('a link to the machine-id stays', async () => {
  const host = fakeHost({ files: { '/etc/machine-id': '' }, links: { '/var/lib/dbus/machine-id': '/etc/machine-id' } })
  expect(await toSeal(host.machine, paths)).toEqual([])
})

test.each<[string, string, Record<string, string>, string[]]>([
  ['was not baked', 'bake/not-baked', {}, []],
  ['has an installation that was interrupted', 'bake/installed', {}, ['bake/agent', 'install/agent']],
  ['has the key of an installer', 'bake/installed', { '/etc/cantrip/installer.key': 'x' }, ['bake/agent']],
  ['has a key without its certificate', 'bake/installed', { '/etc/cantrip/node.key': 'x' }, ['bake/agent']],
  ['has passwords', 'bake/installed', { '/etc/cantrip/registry-logins.json': '{}' }, ['bake/agent']],
  ['is a node of another instance', 'bake/installed', { '/etc/cantrip-blue/node.pem': 'x' }, ['bake/agent']],
  [
    'has changes of another instance',
    'bake/installed',
    { '/var/lib/cantrip-blue/ledger/ledger.jsonl': OTHER },
    ['bake/agent'],
  ],
  ['has the agent of another installation', 'bake/not-baked', {}, ['install/agent']],
  ['is a node', 'bake/installed', { '/etc/cantrip/node.pem': 'x' }, ['bake/agent']],
  ['waits for its registration', 'bake/installed', { '/etc/cantrip/agent.json': '{}' }, ['bake/agent']],
  ['has the kubelet of a cluster', 'bake/cluster', { '/etc/kubernetes/kubelet.conf': 'x' }, ['bake/agent']],
  ['has the data of an etcd', 'bake/cluster', { '/var/lib/etcd/member/wal/0.wal': 'x' }, ['bake/agent']],
])('a machine that %s is not sealed', async (_, code, files, steps) => {
  const { workspace } = template(files, steps)
  await expect(requireTemplate(workspace, { paths })).rejects.toMatchObject({
    code,
    fix: expect.stringMatching(/^sudo (cantrip-agent uninstall|\.\/agent bake$)/),
  })
})

test.each<[string, string, Record<string, string>, string[]]>([
  ['bake/not-baked', 'this system was not prepared', {}, []],
  ['bake/installed', 'install/agent', {}, ['bake/agent', 'install/agent']],
  ['bake/installed', 'this system is of a node', { '/etc/cantrip/node.pem': 'x' }, ['bake/agent']],
  ['bake/cluster', 'a cluster runs on this system, or left', { '/etc/kubernetes/kubelet.conf': 'x' }, ['bake/agent']],
])('%s in a directory says nothing of this machine: %s', async (code, message, files, steps) => {
  const { workspace } = template(files, steps)
  const error = await requireTemplate(workspace, { paths, root: '/srv/tree' }).catch((thrown: AgentError) => thrown)
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
  expect(error?.message).not.toMatch(/this machine|here/)
  expect(error?.fix).toMatch(
    /^(sudo \.\/agent bake --root \/srv\/tree$|use the system of a machine that was no node; or start a machine with this one)/,
  )
})

test('the command for another instance names it', async () => {
  const { workspace } = template({ '/etc/cantrip-blue/node.pem': 'x' })
  const fix = 'sudo cantrip-agent uninstall --instance blue, and repeat the command'
  await expect(requireTemplate(workspace, { paths })).rejects.toMatchObject({ fix })
})

test('a template is sealed', async () => {
  await expect(requireTemplate(template().workspace, { paths })).resolves.toBeUndefined()
  const fixed = template({}, ['bake/agent', fixStepIdOf('hostname')])
  await expect(requireTemplate(fixed.workspace, { paths })).resolves.toBeUndefined()
})
