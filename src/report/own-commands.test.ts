import { expect, test } from 'vitest'
import { withOwnPath } from './own-commands.ts'

const agent = { name: 'agent', path: '/root/my agent' } as const
const controller = { name: 'controller', path: '/opt/bin/controller' } as const

test.each([
  ['agent logs', "'/root/my agent' logs"],
  ['remove that one first: agent --uninstall; or …', "remove that one first: '/root/my agent' --uninstall; or …"],
  ['sudo agent logs', "sudo '/root/my agent' logs"],
  ['see: agent precheck --explain swap', "see: '/root/my agent' precheck --explain swap"],
  ['(agent reset or agent uninstall)', "('/root/my agent' reset or '/root/my agent' uninstall)"],
])('%s', (text, wanted) => {
  expect(withOwnPath(text, agent)).toBe(wanted)
})

test.each([
  'install the agent on another machine',
  'sudo ./agent --creds-file NAME.pem',
  '/usr/local/bin/cantrip-agent logs',
  'journalctl -u cantrip-agent -n 50',
  'controller node list',
])('%s stays', (text) => {
  expect(withOwnPath(text, agent)).toBe(text)
})

test('commands of the controller; an agent that runs from source has no path', () => {
  expect(withOwnPath('the controller of this node: controller node list', controller)).toBe(
    'the controller of this node: /opt/bin/controller node list',
  )
  expect(withOwnPath('agent logs', undefined)).toBe('agent logs')
})
