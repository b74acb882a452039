import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../src/cli/controller/program.ts'
import { type Action, commandOf } from '../src/protocol/api/remedy.ts'

/** One of each, with all that it can have. */
const ACTIONS: { [D in Action['do']]: Action & { do: D } } = {
  'bundle.import': { do: 'bundle.import' },
  'cluster.create': { do: 'cluster.create', choose: ['pod-subnet', 'service-subnet'] },
  'cluster.delete': { do: 'cluster.delete', cluster: 'demo', force: true },
  'cluster.provision': { do: 'cluster.provision', cluster: 'demo' },
  'cluster.reset': { do: 'cluster.reset', cluster: 'demo' },
  'cluster.show': { do: 'cluster.show', cluster: 'demo' },
  'node.approve': { do: 'node.approve', node: 'm1' },
  'node.configure': { do: 'node.configure', node: 'm1', roles: ['master'], interface: 'eth1', choose: ['interface'] },
  'node.list': { do: 'node.list' },
  'node.logs': { do: 'node.logs', node: 'm1' },
  'node.remove': { do: 'node.remove', node: 'm1', force: true },
  'node.show': { do: 'node.show', node: 'm1' },
  shell: { do: 'shell', command: 'controller node list' },
}

/** The command that the words lead to, and what of them is not its own. */
function parsed(words: readonly string[]): { path: string; extra: string[] } {
  let command: Command = createProgram()
  const path: string[] = []
  const rest = [...words]
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0])
    if (!next) break
    path.push(rest.shift() ?? '')
    command = next
  }
  const { operands, unknown } = command.parseOptions(rest)
  return { path: path.join('.'), extra: [...unknown, ...operands.slice(command.registeredArguments.length)] }
}

test.each(Object.entries(ACTIONS))('%s is a command of the controller, with its options', (name, action) => {
  const [program, ...words] = commandOf(action).split(' ')
  expect(program).toBe('controller')
  expect(parsed(words)).toEqual({ path: name === 'shell' ? 'node.list' : name, extra: [] })
})

test('a command that the controller does not have is found', () => {
  expect(parsed(['node', 'list', '--no-such-option']).extra).toEqual(['--no-such-option'])
  expect(parsed(['cluster', 'rest', 'demo']).path).toBe('cluster')
})

test('no text of the controller has a command of the CLI in it: a remedy says what to do as data', () => {
  const root = resolve(import.meta.dirname, '../src/controller')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file))
  const withCommand = files.filter((file) =>
    /['`:(] ?controller (bundle|cluster|node) [a-z]/.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(files.length).toBeGreaterThan(50)
  expect(withCommand).toEqual([])
})
