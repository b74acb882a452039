import { expect, test } from 'vitest'
import { type Action, commandOf, remedy } from './remedy.ts'

const NODE = { node: 'm1' }

test.each<[string, Action]>([
  ['controller node list', { do: 'node.list' }],
  ['controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY', { do: 'bundle.import' }],
  ['controller cluster provision demo', { do: 'cluster.provision', cluster: 'demo' }],
  ['controller cluster reset CLUSTER', { do: 'cluster.reset' }],
  ['controller cluster delete demo --force', { do: 'cluster.delete', cluster: 'demo', force: true }],
  [
    'controller cluster create NAME --pod-subnet RANGE --service-subnet RANGE',
    { do: 'cluster.create', choose: ['pod-subnet', 'service-subnet'] },
  ],
  ['controller node remove NODE --force', { do: 'node.remove', force: true }],
  ['controller node logs m1', { do: 'node.logs', ...NODE }],
  [
    'controller node configure m1 --role ROLES --interface INTERFACE',
    { do: 'node.configure', ...NODE, choose: ['interface'] },
  ],
  [
    'controller node configure m1 --role master,worker --interface eth1',
    { do: 'node.configure', ...NODE, roles: ['master', 'worker'], interface: 'eth1' },
  ],
  ["controller node show '$(reboot)'", { do: 'node.show', node: '$(reboot)' }],
  ['systemctl restart x', { do: 'shell', command: 'systemctl restart x', on: 'm1' }],
])('%s', (text, action) => {
  expect(commandOf(action)).toBe(text)
})

test('a remedy has a text, and the same text with actions as data', () => {
  const provision = { do: 'cluster.provision', cluster: 'demo' } as const
  const startOver = remedy`reset it: ${{ do: 'cluster.reset', cluster: 'demo' }}`
  expect(remedy`${provision} on ${'m1'}; or ${startOver}; that is all`).toEqual({
    fix: 'controller cluster provision demo on m1; or reset it: controller cluster reset demo; that is all',
    remedy: [provision, ' on m1; or reset it: ', { do: 'cluster.reset', cluster: 'demo' }, '; that is all'],
  })
})

test('without an action it is its text', () => {
  expect(remedy`wait half a minute`).toEqual({ fix: 'wait half a minute', remedy: ['wait half a minute'] })
})
