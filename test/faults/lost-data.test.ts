import { expect, test } from 'vitest'
import { History } from './model/histories.ts'

/** Boots a READY node without the disk that holds etcd's data. */
async function bootWithoutData() {
  const history = new History()
  const { node } = history
  const bare = node.snapshot()
  await history.finish('install')
  node.settle()
  const installed = node.snapshot()
  await history.finish('provision')
  const { files } = node.machine
  const data = [...files.nodes].filter(([path]) => path.startsWith('/var/lib/etcd/'))
  files.deleteTree('/var/lib/etcd', true)
  await node.reboot(() => 1)
  return {
    history,
    node,
    bare,
    installed,
    mount: () => data.forEach(([path, entry]) => void files.nodes.set(path, entry)),
  }
}

test('etcd does not start with empty data, and provisioning reports why', async () => {
  const { history, node } = await bootWithoutData()
  expect(node.machine.units.get('etcd.service')).toMatchObject({ active: false })
  await expect(history.finish('provision')).rejects.toThrow('etcd/data-missing')
  expect(node.machine.files.list('/var/lib/etcd')).toEqual([])
})

test('once the disk is back, provisioning continues', async () => {
  const { history, node, mount } = await bootWithoutData()
  mount()
  await history.finish('provision')
  expect(node.machine.units.get('etcd.service')).toMatchObject({ active: true })
})

test.each(['reset', 'uninstall'] as const)('%s restores the machine', async (verb) => {
  const { history, node, bare, installed } = await bootWithoutData()
  await history.finish(verb)
  node.settle()
  const own = /^\/var\/lib\/cantrip\/(ledger|backups)|^\/run\/cantrip-kubectl/
  const wanted = Object.entries(verb === 'reset' ? installed : bare).filter(([path]) => !own.test(path))
  expect(Object.fromEntries(Object.entries(node.snapshot()).filter(([path]) => !own.test(path)))).toEqual(
    Object.fromEntries(wanted),
  )
})
