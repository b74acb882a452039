import { expect, test } from 'vitest'
import type { InventoryHost } from '../inventory/host.ts'
import { selectHosts } from './select-hosts.ts'

const host = (name: string, given: Partial<InventoryHost> = {}): InventoryHost => ({
  ...{ name, address: name, port: null, user: null, keyFile: null },
  ...{ roles: [], labels: {}, groups: [], unused: [], ...given },
})
const names = (hosts: readonly InventoryHost[]) => hosts.map(({ name }) => name).join()

const ALL = [
  host('cp', { roles: ['master'], groups: ['masters'], unused: ['ansible_ssh_common_args', 'colour'] }),
  host('w1', { roles: ['worker'], groups: ['workers'] }),
  host('gw', { groups: ['bastion'], unused: ['ansible_password'] }),
]

test('hosts without a role are skipped, and what is ignored is named', () => {
  const { hosts, skipped, notes } = selectHosts(ALL, undefined)
  expect([names(hosts), skipped]).toEqual(['cp,w1', ['gw']])
  expect(notes).toEqual([
    'ansible_ssh_common_args is ignored: they can contain commands; use --jump, --ssh-option, or your ssh_config',
  ])
})

test('a group, or one host', () => {
  expect(names(selectHosts(ALL, 'workers').hosts)).toBe('w1')
  expect(names(selectHosts(ALL, 'cp').hosts)).toBe('cp')
  expect(() => selectHosts(ALL, 'nobody')).toThrow('no host of the inventory is in the group nobody')
})

test('a jump host does not become a node because its group was named', () => {
  for (const limit of ['bastion', 'gw']) {
    expect(() => selectHosts(ALL, limit)).toThrow(
      expect.objectContaining({
        code: 'push/no-roles',
        fix: expect.stringContaining('cantrip_roles=master, or worker'),
      }),
    )
  }
})

test('if no host has a role, the rules of the cluster decide', () => {
  expect(selectHosts([host('a'), host('b')], undefined)).toMatchObject({ skipped: [] })
  expect(names(selectHosts([host('a'), host('b')], undefined).hosts)).toBe('a,b')
})
