import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type Action, commandOf } from '../src/protocol/api/remedy.ts'
import { refusalOf } from './support/docs/parse-command.ts'

/** One action of each kind, with all of its fields. */
const ACTIONS: { [D in Action['do']]: Action & { do: D } } = {
  'admin.create': { do: 'admin.create' },
  'admin.list': { do: 'admin.list' },
  'admin.revoke': { do: 'admin.revoke', administrator: 'alice' },
  'agents.import': { do: 'agents.import' },
  'bundle.import': { do: 'bundle.import' },
  'ca.rotate': { do: 'ca.rotate' },
  'ca.status': { do: 'ca.status' },
  'cluster.access': { do: 'cluster.access', cluster: 'demo' },
  'cluster.backup.list': { do: 'cluster.backup.list', cluster: 'factory' },
  'cluster.create': { do: 'cluster.create', choose: ['pod-subnet', 'service-subnet'] },
  'cluster.delete': { do: 'cluster.delete', cluster: 'demo', force: true },
  'cluster.images.list': { do: 'cluster.images.list', cluster: 'demo' },
  'cluster.join-command': { do: 'cluster.join-command', cluster: 'demo' },
  'cluster.kubeconfig': { do: 'cluster.kubeconfig', cluster: 'demo' },
  'cluster.provision': { do: 'cluster.provision', cluster: 'demo' },
  'cluster.recover': { do: 'cluster.recover', cluster: 'demo' },
  'cluster.reset': { do: 'cluster.reset', cluster: 'demo' },
  'cluster.show': { do: 'cluster.show', cluster: 'demo' },
  'cluster.upgrade': { do: 'cluster.upgrade', cluster: 'demo', with: 'dry-run', to: 'v1.37.2' },
  'creds.list': { do: 'creds.list', cluster: 'demo' },
  'creds.renew': { do: 'creds.renew', cluster: 'demo' },
  'node.approve': { do: 'node.approve', node: 'm1', replace: 'n-aaaaaaaaaa' },
  'node.configure': { do: 'node.configure', node: 'm1', roles: ['master'], interface: 'eth1', choose: ['interface'] },
  'node.list': { do: 'node.list' },
  'node.logs': { do: 'node.logs', node: 'm1' },
  'node.update': { do: 'node.update', cluster: 'demo', with: 'resume' },
  'node.remove': { do: 'node.remove', node: 'm1', force: true },
  'node.show': { do: 'node.show', node: 'm1' },
  shell: { do: 'shell', command: 'agent uninstall' },
}

test.each(Object.values(ACTIONS))('$do renders a command that its program accepts', async (action) => {
  expect(await refusalOf(commandOf(action), true)).toBeUndefined()
})

test('the test finds a command that its program rejects', async () => {
  expect(await refusalOf('controller node list --no-such-option', true)).toContain('unknown option')
})

const SRC = resolve(import.meta.dirname, '../src')
const textsOf = (folder: string) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(SRC, folder, file), 'utf8') }))

test('no text of the controller contains a command of the CLI: remedies are data', () => {
  const texts = textsOf('controller')
  expect(texts.length).toBeGreaterThan(50)
  const withCommand = texts.filter(({ text }) =>
    /['`:(] ?controller (admin|bundle|ca|cluster|creds|node) [a-z]/.test(text),
  )
  expect(withCommand.map(({ file }) => file)).toEqual([])
})

const COMMAND =
  /(?<=['`(:] ?)(?:agent|controller) (?:admin|bundle|ca|cluster|creds|node|logs|precheck|reset|status|support-bundle|uninstall)\b[^'"`,;():\n]*/g

test('every command of `agent` and `controller` in a text is accepted by its program', async () => {
  const found = textsOf('.').flatMap(({ file, text }) =>
    (text.replaceAll(/^ *(\/\*|\*|\/\/).*$/gm, '').match(COMMAND) ?? []).map((line) => ({
      file,
      line: line
        .replaceAll(/\$\{[^}]*\}/g, 'x')
        .replace('…', 'master')
        .replace(/[.\s]*$/, ''),
    })),
  )
  expect(found.length).toBeGreaterThan(40)
  const refused = await Promise.all(
    found.map(async ({ file, line }) => {
      const why = await refusalOf(line, false)
      // Prose after a command looks like arguments, and an option may accept only some values.
      const isFine = why === undefined || why.includes('too many arguments') || why.includes("argument 'x' is invalid")
      return isFine ? [] : [`${file}: ${line}: ${why}`]
    }),
  )
  expect(refused.flat()).toEqual([])
})
