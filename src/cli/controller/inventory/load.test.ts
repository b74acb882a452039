import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { InventoryHost } from './host.ts'
import { loadInventory } from './load.ts'

const directory = mkdtempSync(join(tmpdir(), 'inventory-'))
afterAll(() => rmSync(directory, { recursive: true }))

const load = (name: string, text: string): Promise<InventoryHost[]> => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return loadInventory(path)
}
const short = (hosts: readonly InventoryHost[]) =>
  hosts.map(({ name, address, port, user, roles }) => [name, address, port, user, roles.join()].join(' '))

const KUBESPRAY = `[kube_control_plane]
cp-1 ansible_host=10.0.0.1
[etcd:children]
kube_control_plane
[kube_node]
cp-1
w[1:2] ansible_port=2222
[all:vars]
ansible_user=admin
ansible_become_password=geheim
`

test('roles follow from groups, and the values of other variables are not in the result', async () => {
  const hosts = await load('hosts.ini', KUBESPRAY)
  expect(short(hosts)).toEqual([
    'cp-1 10.0.0.1  admin master,worker',
    'w1 w1 2222 admin worker',
    'w2 w2 2222 admin worker',
  ])
  expect(hosts[0]).toMatchObject({
    groups: ['etcd', 'kube_control_plane', 'kube_node'],
    unused: ['ansible_become_password'],
  })
  expect(JSON.stringify(hosts)).not.toContain('geheim')
})

test.each([...'`$();|\'"\\&<>{}'])('a user with %s is refused', async (sign) => {
  const text = JSON.stringify({ all: { hosts: { a: { ansible_user: `x${sign}y` } } } })
  await expect(load('hosts.json', text)).rejects.toThrow('without syntax of a shell')
})

test('a host says its roles and labels itself', async () => {
  const text = 'masters: {hosts: {a: {cantrip_roles: [worker], node_labels: {line: a}}, b: {node_labels: "x=1,y="}}}'
  const [a, b] = await load('hosts.yaml', text)
  expect(a).toMatchObject({ roles: ['worker'], labels: { line: 'a' } })
  expect(b).toMatchObject({ roles: ['master'], labels: { x: '1', y: '' } })
})

test('both documents of a Konvoy cluster', async () => {
  const document = (name: string, hosts: string[]) =>
    `apiVersion: infrastructure.cluster.konvoy.d2iq.io/v1alpha1
kind: PreprovisionedInventory
metadata: {name: ${name}, namespace: default}
spec:
  hosts: [${hosts.map((address) => `{address: ${address}}`).join(', ')}]
  sshConfig: {port: 2200, user: konvoy, privateKeyRef: {name: ssh-key, namespace: default}}
`
  const text = `${document('demo-control-plane', ['10.0.0.1'])}---\n${document('demo-md-0', ['10.0.0.2'])}`
  expect(short(await load('konvoy.yaml', text))).toEqual([
    '10.0.0.1 10.0.0.1 2200 konvoy master',
    '10.0.0.2 10.0.0.2 2200 konvoy worker',
  ])
  await expect(load('konvoy.yaml', document('demo', ['-oProxyCommand=x']))).rejects.toThrow('spec.hosts[0].address')
})

test('tables, as spreadsheets write them', async () => {
  const text =
    '\ufeffName;Address;Role;Labels;Rack\r\n"cp ""1""";10.0.0.1;master;line=a;7\r\n;10.0.0.2;"worker,storage";;\r\n'
  await expect(load('hosts.csv', text)).resolves.toMatchObject([
    { address: '10.0.0.1', roles: ['master'], labels: { line: 'a' }, unused: ['rack'] },
    { name: '10.0.0.2', roles: ['worker', 'storage'] },
  ])
  await expect(load('name.csv', 'name,role\n-oProxyCommand=id,worker\n')).rejects.toThrow('found no address')
  await expect(load('short.csv', 'name,role\na,master\nb\n')).rejects.toThrow('short.csv:3:1: found 1 fields; wanted 2')
  await expect(load('quote.csv', 'name,role\n"a,master\n')).rejects.toThrow('quote.csv:2:1')
  const wrong = 'name,role,port\na,boss,\nb,worker,0\nc\n'
  await expect(load('role.csv', wrong)).rejects.toThrow(
    /role.csv:2:1: a: found "boss" for role; .*\n.*:3:1: b: found "0" for port; .*\n.*:4:1: found 1 fields/,
  )
  await expect(load('none.csv', 'x,y\n1,2\n')).rejects.toThrow('the header has no column name or address: x, y')
})

test.each([
  ['[a]\nh\n', 'h'],
  ['all:\n  hosts:\n    y:\n', 'y'],
  ['{"all": {"hosts": {"j": null}}}', 'j'],
  ['name,port\nc,22\n', 'c'],
  ['h1 ansible_host=10.0.0.1\n', 'h1'],
  ['{"all":{"hosts":{"k":null}},"b":{}}', 'k'],
  ['all: {hosts: {l: {}}, children: {}}\n', 'l'],
])('the form of a file without an extension is told by its content: %j', async (text, name) => {
  expect((await load('inventory', text)).map((host) => host.name)).toEqual([name])
})

test('a group of groups gives roles only to hosts that no other group gives one', async () => {
  const text = '[masters]\nm\n[nodes:children]\nmasters\nrest\n[rest]\nr\n'
  expect(short(await load('nodes.ini', text))).toEqual(['m m   master', 'r r   worker'])
})

test('what is too much is refused at once', async () => {
  await expect(load('lines.ini', 'h[1:9999]\n'.repeat(60_000))).rejects.toThrow('it names too many hosts')
  const many = Array.from({ length: 500 }, (_, at) => `v${at}=1\n`).join('')
  await expect(load('variables.ini', `h[0:9999]\n[all:vars]\n${many}`)).rejects.toThrow('too many variables')
  const chain = Array.from({ length: 60 }, (_, at) => `[g${at}:children]\ng${at + 1}\n`).join('')
  await expect(load('deep.ini', `${chain}[g60]\nh\n`)).rejects.toThrow('nested more than 50 times')
  const groups = Array.from({ length: 1_001 }, (_, at) => `[g${at}]\nh\n`).join('')
  await expect(load('groups.ini', groups)).rejects.toThrow('more than 1000 groups')
  const again = Array.from({ length: 11 }, (_, at) => `[g${at}]\nh[0:9999]\n`).join('')
  await expect(load('again.ini', again)).rejects.toThrow('more than 100000 times')
})
