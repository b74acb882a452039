import { expect, test } from 'vitest'
import { History } from './model/histories.ts'

/** READY, and then a boot at which the disk with etcd's data is not there. */
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

test('etcd does not begin anew, and provisioning says why', async () => {
  const { history, node } = await bootWithoutData()
  expect(node.machine.units.get('etcd.service')).toMatchObject({ active: false })
  await expect(history.finish('provision')).rejects.toThrow('etcd/data-missing')
  expect(node.machine.files.list('/var/lib/etcd')).toEqual([])
})

test('with the disk back it goes on', async () => {
  const { history, node, mount } = await bootWithoutData()
  mount()
  await history.finish('provision')
  expect(node.machine.units.get('etcd.service')).toMatchObject({ active: true })
})

test.each(['reset', 'uninstall'] as const)('a %s takes all of it back', async (verb) => {
  const { history, node, bare, installed } = await bootWithoutData()
  await history.finish(verb)
  node.settle()
  const own = /^\/var\/lib\/cantrip\/(ledger|backups)|^\/run\/cantrip-kubectl/
  const wanted = Object.entries(verb === 'reset' ? installed : bare).filter(([path]) => !own.test(path))
  expect(Object.fromEntries(Object.entries(node.snapshot()).filter(([path]) => !own.test(path)))).toEqual(
    Object.fromEntries(wanted),
  )
})
